"""Section 13 of the contract, devices, preferences, logging and what else, sentence by sentence.

What other files test already:

    set_device, get_device, reset_device, reinit_devices    tests/network/test_devices.py
    build, run(run_args=...), has_been_run, random states   the same; test_standalone.py
    preferences by item and attribute, files, validation    tests/test_preferences.py
    levels, suppress_*, std_silent, the log file, forks     tests/test_logs.py
    errors that name the object and its place               tests/messages
    Ctrl-C                                                  tests/network/test_interrupts.py
    reproducible with a seed, by any number of threads      tests/network/test_threads.py
"""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    BrianLogger,
    ModelError,
    Network,
    NetworkOperation,
    NeuronGroup,
    PreferenceError,
    SpikeMonitor,
    StateMonitor,
    all_devices,
    device,
    ms,
    prefs,
    second,
    set_device,
)
from rheobase.preference_names import changes_nothing

pytestmark = pytest.mark.usefixtures("backend")


def ramp() -> NeuronGroup:
    return NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler")


# ------------------------------------------------------------------ devices
def test_set_device_takes_the_options_of_build():
    """set_device(..., build_on_run=True, **build_kwds)"""
    set_device("cpp_standalone", directory="somewhere", debug=True, compile=True)
    group = ramp()
    rb.run(1 * ms)
    assert_allclose(group.v[0], 1)
    assert device.project_dir == "somewhere"


def test_build_and_run_take_every_argument_that_they_have():
    set_device("cpp_standalone", build_on_run=False)
    group = ramp()
    rb.run(1 * ms)
    device.build(
        directory="output",
        results_directory="results",
        compile=True,
        run=False,
        debug=False,
        clean=True,
        with_output=False,
        additional_source_files=None,
        run_args=None,
        direct_call=True,
    )
    device.run(
        directory="output", results_directory="other", with_output=False, run_args={group.v: 5}
    )
    assert_allclose(group.v[0], 6)
    device.run(run_args=["--threads", "2"])
    assert_allclose(group.v[0], 1)
    device.delete(code=True, data=True, run_args=True, directory=True, force=True)


def test_several_runs_of_several_networks_are_built_together():
    set_device("cpp_standalone", build_on_run=False)
    first, second_ = ramp(), ramp()
    one, other = Network(first), Network(second_)
    one.run(1 * ms)
    other.run(2 * ms)
    first.v = 10
    one.run(1 * ms)
    device.build()
    assert_allclose([first.v[0], second_.v[0]], [11, 2])
    assert (one.t, other.t) == (2 * ms, 2 * ms)


def test_reinit_and_activate_begin_anew_in_a_loop():
    met = []
    for k in range(3):  # noqa: B007 (the equations read it)
        device.reinit()
        device.activate()
        set_device("cpp_standalone", build_on_run=False)
        rb.start_scope()
        group = NeuronGroup(1, "dv/dt = k/ms : 1", method="euler")
        rb.run(1 * ms)
        device.build(directory=None)
        met.append(float(group.v[0]))
        del group
    assert_allclose(met, [0, 1, 2])


def test_network_operations_store_and_restore_work_under_standalone_too():
    """There they are refused; here there is one way of running."""
    set_device("cpp_standalone")
    group = ramp()
    net = Network(group, NetworkOperation(lambda: None))
    net.run(1 * ms)
    net.store()
    net.run(1 * ms)
    net.restore()
    assert_allclose(group.v[0], 1)


def test_a_report_in_cpp_is_replaced_by_text_with_a_warning(capsys, caplog):
    set_device("cpp_standalone")
    net = Network(ramp())
    net.run(1 * ms, report="std::cout << completed << std::endl;")
    assert "100%" in capsys.readouterr().out
    assert "devices.report_in_cpp" in [r.name.partition(".")[2] for r in caplog.records]
    set_device("runtime")
    with pytest.raises(ValueError, match="'text', 'stdout'"):
        net.run(1 * ms, report="std::cout << completed << std::endl;")


def test_a_run_may_be_given_a_maximum_of_real_time():
    """device._maximum_run_time; what it took and how far it came are known afterwards."""
    device = rb.get_device()
    device._maximum_run_time = 0.1 * second
    group = ramp()
    net = Network(group, NetworkOperation(lambda: time.sleep(0.005)))
    net.run(1 * second)
    assert net.t < 0.5 * second
    assert device._last_run_time >= 0.1
    assert device._last_run_completed_fraction == pytest.approx(float(net.t))
    device._maximum_run_time = None
    net.run(1 * ms)
    assert device._last_run_completed_fraction == pytest.approx(1)


def test_every_device_that_scripts_ask_for_by_name_is_there():
    assert {"runtime", "cpp_standalone"} <= set(all_devices)


# ------------------------------------------------------------------ preferences
def test_a_preference_is_read_by_the_code_or_documented_as_without_meaning():
    """What docs/preferences.md says changes something is asked for somewhere, the rest nowhere."""
    root = Path(rb.__file__).parent
    own = ("preference_names.py", "preferences.py")
    sources = [p.read_text(encoding="utf-8") for p in root.rglob("*.py") if p.name not in own]
    for name, preference in prefs.known.items():
        asked = any(f'"{name}"' in text for text in sources)
        assert asked is not changes_nothing(preference), name


def test_preferences_without_meaning_are_validated_and_change_nothing():
    def spikes():
        rb.start_scope()
        rb.seed(1)
        cells = NeuronGroup(20, "v : 1", threshold="rand() < 0.1", reset="", name="cells")
        monitor = SpikeMonitor(cells)
        rb.run(10 * ms)
        return monitor.i[:]

    before = spikes()
    prefs.codegen.target = "numpy"
    prefs.codegen.string_expression_target = "cython"
    prefs.codegen.loop_invariant_optimisations = False
    prefs.codegen.cpp.compiler = "gcc"
    prefs.codegen.cpp.extra_compile_args_gcc.append("-march=native")
    prefs.codegen.runtime.cython.cache_dir = "/nowhere"
    prefs.devices.cpp_standalone.run_environment_variables["OMP_NUM_THREADS"] = "2"
    prefs.GSL.directory = "/opt/gsl"
    assert_array_equal(spikes(), before)
    assert "-march=native" in prefs.codegen.cpp.extra_compile_args_gcc
    for name, wrong in [
        ("codegen.target", "fortran"),
        ("codegen.cpp.headers", "<math.h>"),
        ("codegen.max_cache_dir_size", -1),
        ("GSL.directory", 3),
        ("devices.cpp_standalone.openmp_threads", -1),
    ]:
        with pytest.raises(PreferenceError, match=re.escape(f"'{name}' cannot be")):
            prefs[name] = wrong


def test_the_number_of_openmp_threads_is_that_of_a_run():
    prefs.devices.cpp_standalone.openmp_threads = 2
    group = NeuronGroup(100, "dv/dt = (1 - v)/ms : 1", method="exact")
    rb.run(1 * ms)
    assert_allclose(group.v[:], 1 - np.exp(-1))


# ------------------------------------------------------------------ logging
def test_levels_are_set_by_methods_of_brianlogger():
    """log_level_diagnostic ... log_level_error: from which level on messages are shown."""
    for level in ("diagnostic", "debug", "info", "warn", "error"):
        getattr(BrianLogger, f"log_level_{level}")()
        wanted = {"warn": "WARNING"}.get(level, level.upper())
        assert prefs.logging.console_log_level == wanted


def test_messages_are_records_of_the_standard_library(caplog):
    with caplog.at_level(logging.WARNING, "rheobase"):
        NeuronGroup(1, "v : 1", threshold="v > 1")
    (record,) = caplog.records
    assert record.name.endswith("groups.neurongroup.only_threshold")
    assert record.levelno == logging.WARNING


def test_suppressed_names_and_hierarchies_say_nothing(capsys):
    BrianLogger.suppress_name("only_threshold")
    NeuronGroup(1, "v : 1", threshold="v > 1")
    BrianLogger.suppress_hierarchy("rheobase.groups", filter_log_file=True)
    NeuronGroup(1, "v : 1", threshold="v > 1")
    assert "only_threshold" not in capsys.readouterr().err


def test_initialize_may_be_called_again():
    BrianLogger.initialize()
    assert rb.get_logger(__name__) is not None


# ------------------------------------------------------------------ errors
def test_an_error_of_preparing_names_the_object_and_its_line():
    """Caught as BrianObjectException (here ModelError), and as what it is."""
    group = NeuronGroup(1, "dv/dt = -v/undefined : 1", name="cells")
    with pytest.raises(ModelError, match=r"NeuronGroup 'cells' \(test_section_13.py:\d+"):
        Network(group).run(1 * ms)
    with pytest.raises(KeyError, match="'undefined' is unknown"):
        Network(NeuronGroup(1, "dv/dt = -v/undefined : 1")).run(1 * ms)


# ------------------------------------------------------------------ reproducible
def test_the_same_seed_gives_the_same_numbers_under_both_devices():
    def states():
        rb.start_scope()
        rb.seed(7)
        cells = NeuronGroup(5, "dv/dt = xi/sqrt(ms) : 1", method="euler", name="cells")
        monitor = StateMonitor(cells, "v", record=True)
        rb.run(2 * ms)
        return monitor.v_

    at_once = states()
    set_device("cpp_standalone")
    assert_array_equal(states(), at_once)


def test_seed_of_the_device_is_the_global_one():
    group = NeuronGroup(5, "v : 1")
    device.seed(3)
    group.v = "rand()"
    first = group.v[:]
    rb.seed(3)
    group.v = "rand()"
    assert_array_equal(group.v[:], first)


def test_generated_code_can_be_read():
    """There, codeobj.code; here Network.explain and `rheobase inspect` show the kernels."""
    net = Network(NeuronGroup(1, "dv/dt = -v/ms : 1", name="cells"))
    net.run(1 * ms)
    assert "cells" in str(rb.scheduling_summary(net))
