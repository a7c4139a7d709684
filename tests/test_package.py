"""The package as a whole: what importing it costs, what it exports."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import rheobase

SLOW = ("llvmlite", "sympy", "matplotlib", "scipy", "asyncio", "unittest", "email", "http")


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_loads_numpy_and_nothing_slow() -> None:
    """`import rheobase` adds none of the slow packages to what `import numpy` loads."""
    code = (
        "import sys, numpy; before = {m.partition('.')[0] for m in sys.modules}\n"
        "import rheobase\n"
        f"print(*[m for m in {SLOW} if m in sys.modules and m not in before])"
    )
    assert run_python(code) == ""


def test_import_is_silent_and_leaves_the_interrupt_handler() -> None:
    """Nothing is printed, and Ctrl-C still belongs to Python."""
    code = (
        "import signal; before = signal.getsignal(signal.SIGINT)\n"
        "import rheobase; assert signal.getsignal(signal.SIGINT) is before"
    )
    assert run_python(code) == ""


def test_every_exported_name_exists_once() -> None:
    """Each name in __all__ can be had, and none is named twice."""
    missing = [name for name in rheobase.__all__ if not hasattr(rheobase, name)]
    assert missing == []
    assert len(rheobase.__all__) == len(set(rheobase.__all__))


def test_star_import_gives_exactly_the_exported_names() -> None:
    """`from rheobase import *` defines __all__ and no other name."""
    names: dict[str, object] = {}
    exec("from rheobase import *", names)
    del names["__builtins__"]
    assert set(names) == set(rheobase.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    """The error names what was asked for."""
    with pytest.raises(AttributeError, match="no attribute 'NeuronGruop'"):
        rheobase.NeuronGruop  # noqa: B018


def test_version_is_that_of_the_installed_distribution() -> None:
    """rheobase.__version__ and the metadata agree."""
    assert rheobase.__version__ == version("rheobase")
