"""Messages: where they go, and which are left out."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rheobase as rb
from rheobase import BrianLogger, get_logger, prefs, std_silent
from rheobase.topics import TOPICS


@pytest.fixture(autouse=True)
def initial():
    yield
    rb.restore_initial_state()


def shown(code: str) -> str:
    """What a script of its own prints on stderr."""
    head = "from rheobase import *\nlog = get_logger('mine')\n"
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_warnings_are_shown_and_what_is_below_is_not():
    printed = shown("log.warn('see'); log.info('hear')")
    assert printed == "WARNING see [rheobase.mine]\n"


LEVELS = {
    "log_level_diagnostic": "DIAGNOSTIC DEBUG INFO WARNING ERROR",
    "log_level_debug": "DEBUG INFO WARNING ERROR",
    "log_level_info": "INFO WARNING ERROR",
    "log_level_warn": "WARNING ERROR",
    "log_level_error": "ERROR",
}


def test_the_level_decides_what_is_shown():
    """Also after another one: each in one script, up and down."""
    calls = [*LEVELS, *reversed(LEVELS)]
    code = "\n".join(
        f"BrianLogger.{call}()\n"
        + "\n".join(f"log.{m}('{k}')" for m in ("diagnostic", "debug", "info", "warn", "error"))
        for k, call in enumerate(calls)
    )
    lines = [line.split() for line in shown(code).splitlines()]
    for k, call in enumerate(calls):
        assert [level for level, number, _ in lines if number == str(k)] == LEVELS[call].split()


def test_a_script_with_logging_of_its_own_gets_messages_once():
    printed = shown(
        "import logging\nlogging.basicConfig(level=logging.DEBUG, format='%(message)s')\n"
        "log.warn('see'); log.info('hear')"
    )
    assert printed.splitlines().count("see") == 1
    assert "WARNING see" not in printed


def test_messages_are_suppressed_by_name_and_by_place():
    printed = shown(
        "BrianLogger.suppress_name('quiet'); BrianLogger.suppress_hierarchy('rheobase.other')\n"
        "log.warn('a', 'quiet'); get_logger('other.one').warn('b')\n"
        "get_logger('otherwise').warn('c')"
    )
    assert printed == "WARNING c [rheobase.otherwise]\n"


def test_a_message_may_be_shown_once(caplog):
    log = get_logger("mine")
    for _ in range(3):
        log.warn("again", "suffix", once=True)
        log.warn("and again")
    names = [r.name for r in caplog.records]
    assert names.count("rheobase.mine.suffix") == 1
    assert names.count("rheobase.mine") == 3


def test_a_percent_sign_is_only_a_percent_sign(caplog):
    get_logger("mine").error("100 % of %s")
    assert caplog.records[-1].getMessage() == "100 % of %s"


def test_the_file_holds_what_the_screen_does_not():
    printed = shown(
        "prefs.logging.file_log = True\nlog.debug('→ below'); log.diagnostic('deepest')"
    )
    assert printed == ""
    prefs.logging.file_log = True
    get_logger("mine").debug("→ below")
    handler, path = BrianLogger.file_handler, BrianLogger.tmp_log
    assert handler is not None
    assert path is not None
    handler.flush()
    with open(path, encoding="utf-8") as file:
        assert "DEBUG      rheobase.mine: → below" in file.read()
    logging.getLogger("rheobase").removeHandler(handler)


def test_the_method_of_integration_is_told_at_info():
    code = "BrianLogger.log_level_info()\nG = NeuronGroup(1, 'dv/dt = -v/ms : 1')\nrun(0*ms)"
    assert "integrated by 'exact'" in shown(code)


def test_silence_ends_with_an_error(capsys):
    with std_silent():
        print("unseen")
    assert capsys.readouterr().out == ""
    with pytest.raises(ZeroDivisionError, match="division"), std_silent():
        print("seen", 1 / int(print("seen") is not None))
    assert capsys.readouterr().out == "seen\n"
    with std_silent(alwaysprint=True):
        print("seen too")
    assert capsys.readouterr().out == "seen too\n"


# ---------------------------------------------------------------- names of messages
SOURCES = [p.read_text(encoding="utf-8") for p in Path(rb.__file__).parent.rglob("*.py")]


def test_every_message_has_a_name_of_the_table_and_every_name_a_message():
    said = {n for text in SOURCES for n in re.findall(r'\btopic\(f?"(\w+\{?\w*\}?)"\)', text)}
    said = {n.replace("{side}", s) for n in said for s in ("pre", "post")}
    assert said == set(TOPICS)
    assert not [text for text in SOURCES if "getLogger(__name__)" in text]


def test_each_message_is_said_at_the_level_of_the_table():
    for text in SOURCES:
        for name, level in re.findall(r'\btopic\("(\w+)"\)\.(\w+)\(', text):
            assert TOPICS[name][1].lower() == level


def test_a_message_bears_its_public_name(caplog):
    with caplog.at_level(logging.WARNING):
        rb.NeuronGroup(1, "v : 1", threshold="v > 1")
    assert caplog.records[0].name.partition(".")[2] == "groups.neurongroup.only_threshold"


SPIKING = "NeuronGroup(1, 'v : 1', threshold='v > 1', name='cells')\n"


QUIET = [
    "BrianLogger.suppress_name('only_threshold')",
    "BrianLogger.suppress_hierarchy('brian2.groups')",
    "BrianLogger.suppress_hierarchy('brian2')",
    "BrianLogger.suppress_hierarchy('rheobase.groups.neurongroup')",
    "import logging; logging.getLogger('brian2').setLevel(logging.ERROR)",
    "import logging; logging.getLogger('brian2.groups').setLevel(logging.ERROR)",
]
AGAIN = """restore_initial_state()
for name in ("brian2", "brian2.groups"): logging.getLogger(name).setLevel(logging.NOTSET)
"""


def test_scripts_for_brian_silence_messages_by_the_names_that_they_know():
    """Each way in turn: the first group is heard, the second is not."""
    groups = SPIKING, SPIKING.replace("cells", "others")
    parts = [
        f"log.error('way {k}')\nx = {groups[0]}{quiet}\nx = {groups[1]}x = None\n{AGAIN}"
        for k, quiet in enumerate(QUIET)
    ]
    head = "import logging\nfrom rheobase import restore_initial_state\n"
    printed = shown(f"{head}from rheobase.brian2 import BrianLogger\n" + "".join(parts))
    for quiet, part in zip(QUIET, printed.split("ERROR way ")[1:], strict=True):
        said = re.findall(r"'(\w+)'.*\[brian2.groups.neurongroup.only_threshold\]", part)
        assert said == ["cells"], quiet


def test_what_is_suppressed_does_not_reach_logging_of_the_script_either():
    printed = shown(
        "import logging; logging.basicConfig()\nBrianLogger.suppress_name('only_threshold')\n"
        "BrianLogger.suppress_hierarchy('rheobase.mine.own')\n"
        f"get_logger('mine.own').warn('a'); get_logger('mine').warn('b'); cells = {SPIKING}"
    )
    assert printed == "WARNING:rheobase.mine:b\n"


def test_messages_have_their_own_root_where_nobody_imports_brian2():
    assert "[rheobase.groups.neurongroup.only_threshold]" in shown("cells = " + SPIKING)
