"""What a user sees while a run goes on, how it is stopped, and what it says it has cost."""

from __future__ import annotations

import os
import re
import struct
import sys
import threading
import time

import numpy as np
import pytest

import rheobase as rb
from rheobase import (
    Network,
    NetworkOperation,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    network_operation,
    second,
)

ENDLESS = 1e6 * second


def ramp() -> NeuronGroup:
    return NeuronGroup(1, "dv/dt = 1/ms : 1", name="cells")


def slow(net: Network, seconds: float = 0.004) -> None:
    """Every step takes some real time."""
    net.add(NetworkOperation(lambda: time.sleep(seconds), name="waits"))


# ------------------------------------------------------------------ reports
def test_a_function_is_told_how_far_the_run_is_every_so_often():
    """(elapsed real time, completed fraction, start, duration), the times as quantities."""
    net = Network(ramp())
    net.run(1 * ms)
    slow(net)
    seen = []
    net.run(3 * ms, report=lambda *given: seen.append(given), report_period=0.02 * second)
    elapsed, completed, start, duration = zip(*seen)
    assert len(seen) >= 4
    assert completed[0] == 0.0
    assert completed[-1] == 1.0
    assert list(completed) == sorted(completed)
    assert all(a < b for a, b in zip(map(float, elapsed), map(float, elapsed[1:])))
    assert float(elapsed[-1]) >= 30 * 0.004
    assert all(x == 1 * ms for x in start)
    assert all(x == 3 * ms for x in duration)


def test_the_end_is_said_once_even_if_the_period_is_over_just_then():
    seen = []
    net = Network(ramp())
    slow(net)
    net.run(1 * ms, report=lambda *given: seen.append(given[1]), report_period=1e-6 * second)
    assert seen.count(1.0) == 1
    assert seen == sorted(set(seen))


def test_a_period_longer_than_the_run_leaves_the_two_ends():
    seen = []
    Network(ramp()).run(
        5 * ms, report=lambda *given: seen.append(given[1]), report_period=1 * second
    )
    assert seen == [0.0, 1.0]


def test_a_run_of_no_length_is_reported_as_complete():
    seen = []
    Network(ramp()).run(0 * ms, report=lambda *given: seen.append(given[1]))
    assert seen == [0.0, 1.0]


def test_text_says_what_is_done_and_what_is_left(capsys):
    net = Network(ramp())
    slow(net)
    net.run(4 * ms, report="text", report_period=0.03 * second)
    first, *between, last = capsys.readouterr().out.splitlines()
    assert first == "Simulating 4. ms from t = 0. s"
    assert between
    for line in between:
        assert re.fullmatch(r".* [mu]?s \(\d+%\) simulated in [\d.]+ s, about [\d.]+ s to go", line)
    assert re.fullmatch(r"4\. ms \(100%\) simulated in [\d.]+ s", last)


def test_text_says_where_a_run_was_stopped(capsys):
    net = Network(ramp(), NetworkOperation(lambda t: net.stop() if t > 0.95 * ms else None))
    net.run(4 * ms, report="text")
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"Stopped at 1\.1 ms \(28%\) after [\d.e-]+ s", last)
    seen = []
    net.run(4 * ms, report=lambda *given: seen.append(given[1]))
    assert seen == [0.0, 1.0]  # a function is called with 1.0 in any case


@pytest.mark.parametrize("report", ["text", "bar"])
def test_nothing_is_reported_of_a_model_that_cannot_run(report, capsys):
    cells = NeuronGroup(1, "dv/dt = -v/nowhere : 1")
    with pytest.raises(KeyError, match="'nowhere' is unknown"):
        Network(cells).run(1 * ms, report=report)
    assert capsys.readouterr() == ("", "")


def test_the_progress_bar_of_a_stopped_run_stays_where_it_is(capsys):
    pytest.importorskip("tqdm")
    net = Network(ramp(), NetworkOperation(lambda t: net.stop() if t > 0.95 * ms else None))
    net.run(4 * ms, report="bar")
    shown = capsys.readouterr().err
    assert "28%" in shown.split("\r")[-1]
    assert "100%" not in shown


@pytest.mark.parametrize("backend", ["llvm"], indirect=True)  # it is drawn in another process
@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Unix")
def test_the_progress_bar_is_drawn_over_itself_in_a_terminal():
    """One line, written again and again: the script runs in a terminal of its own."""
    pytest.importorskip("tqdm")
    import fcntl
    import pty
    import termios

    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        script = (
            "from rheobase import *\nimport time\n"
            "net = Network(NeuronGroup(1, 'dv/dt = 1/ms : 1'), "
            "NetworkOperation(lambda: time.sleep(0.02)))\n"
            "net.run(2*ms, report='bar')\n"
        )
        os.execv(sys.executable, [sys.executable, "-c", script])
    shown = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so when the child has gone
            break
        if not part:
            break
        shown += part
    assert os.waitpid(child, 0)[1] == 0
    drawn = shown.decode().strip().split("\r")
    assert len(drawn) > 2
    assert "100%" in drawn[-1]
    assert "\n" not in "".join(drawn[:-1]).strip()


# ------------------------------------------------------------------ stopping
@pytest.mark.parametrize("stop_with", ["net.stop", "rb.stop"])
def test_another_thread_stops_a_run_which_can_go_on(stop_with):
    """A button, a timer: within a fraction of a second, at the end of a step."""
    cells = ramp()
    net = Network(cells)
    stop = net.stop if stop_with == "net.stop" else rb.stop
    timer = threading.Timer(0.2, stop)
    timer.start()
    began = time.perf_counter()
    net.run(ENDLESS)
    assert time.perf_counter() - began < 5
    timer.join()
    reached = net.t_
    assert 0 < reached < float(ENDLESS)
    n_steps = reached / float(rb.defaultclock.dt)
    rounding = n_steps * 2**-53  # of so many additions, at most
    np.testing.assert_allclose(cells.v[0], reached * 1e3, rtol=rounding)
    net.run(1 * ms)
    now = [reached + 1e-3, reached * 1e3 + 1]
    np.testing.assert_allclose([net.t_, cells.v[0]], now, rtol=2 * rounding)


def test_stop_before_a_run_does_not_stop_it():
    net = Network(ramp())
    net.stop()
    net.run(1 * ms)
    assert net.t_ == 1e-3


def test_a_stopped_run_and_the_rest_are_the_unstopped_run():
    def states(stops: bool) -> np.ndarray:
        rb.seed(3)
        cells = NeuronGroup(
            20, "dv/dt = (1.2 - v)/(5*ms) + 0.1*xi/sqrt(ms) : 1", threshold="v > 1", reset="v = 0"
        )
        monitor = StateMonitor(cells, "v", record=True)
        net = Network(cells, monitor)
        if stops:
            halt = NetworkOperation(lambda t: net.stop() if t > 3.33 * ms else None)
            net.add(halt)
            net.run(10 * ms)
            assert net.t == 3.5 * ms
            net.remove(halt)
            net.run(6.5 * ms)
        else:
            net.run(10 * ms)
        return monitor.v_

    np.testing.assert_array_equal(states(stops=True), states(stops=False))


def test_the_decorated_operation_may_call_the_global_stop():
    rb.start_scope()
    seen = []

    @network_operation(dt=1 * ms)
    def halt(t):
        seen.append(t)
        if len(seen) == 3:
            rb.stop()

    rb.run(10 * ms)
    assert len(seen) == 3
    assert rb.magic_network.t == 3 * ms  # the step that it was called in is finished


# ------------------------------------------------------------------ what it has cost
def profiled() -> Network:
    cells = NeuronGroup(
        100, "dv/dt = (1.2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0", name="cells"
    )
    synapses = Synapses(cells, cells, on_pre="v += 0.001", name="synapses")
    synapses.connect(p=0.1)
    spikes = SpikeMonitor(cells, name="spikes")
    net = Network(cells, synapses, spikes)
    net.add(NetworkOperation(lambda: None, dt=1 * ms, name="nothing"))
    return net


def test_a_profile_adds_up_to_the_time_of_the_run():
    """Each object by name, and two lines for what is outside of kernels: no time is missing."""
    net = profiled()
    net.run(20 * ms, profile=True)
    summary = rb.profiling_summary(net)
    assert {e.name for e in summary.entries} == {
        "cells_stateupdater",
        "cells_spike_thresholder",
        "cells_spike_resetter",
        "synapses_pre",
        "spikes",
        "nothing",
    }
    assert [e.name for e in summary.outside] == ["(preparing)", "(run loop)"]
    assert net.last_run is not None
    parts = [e.seconds for e in (*summary.entries, *summary.outside)]
    assert all(seconds > 0 for seconds in parts)
    assert sum(parts) == pytest.approx(net.last_run.total_seconds, rel=1e-9)
    assert summary.total == pytest.approx(net.last_run.total_seconds, rel=1e-9)
    assert [name for name, _ in net.profiling_info] == [e.name for e in summary.entries]


def test_the_summary_is_a_table_in_text_and_in_notebooks():
    net = profiled()
    net.run(5 * ms, profile=True)
    head, _, *rows = str(rb.profiling_summary(net, show=2)).splitlines()
    assert head.split() == ["kernel", "time", "share"]
    assert len(rows) == 4
    assert [row.split("  ")[0] for row in rows[2:]] == ["(preparing)", "(run loop)"]
    assert all(row.endswith("%") for row in rows)
    assert rb.profiling_summary(net, show=2)._repr_html_().count("<tr>") == 5


def test_a_run_without_profile_keeps_the_profile_of_the_one_before():
    net = profiled()
    net.run(1 * ms, profile=True)
    before = net.profiling_info
    net.run(1 * ms)
    assert net.profiling_info == before
