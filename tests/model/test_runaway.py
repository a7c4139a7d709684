"""Numbers that run away are found, and the term that they came from."""

from __future__ import annotations

import logging
import time

import numpy as np
import pytest

from rheobase import (
    IntegrationError,
    ModelValueError,
    Network,
    NetworkOperation,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    ms,
    run,
    seed,
)
from rheobase.topics import topic


def error_of(net, duration=10 * ms):
    with pytest.raises(IntegrationError, match="of element") as caught:
        net.run(duration, on_nonfinite="raise")
    return str(caught.value)


def test_overflow_is_found_at_its_step_with_element_and_term():
    """Euler on dv/dt = v**2/ms: by hand, v -> v + 0.1*v**2 passes 1e50 in the step found."""
    cells = NeuronGroup(4, "dv/dt = (v**2 + I)/ms : 1\nI : 1", method="euler", dt=0.1 * ms)
    cells.v = [0, 0, 30, 0]
    v, steps = 30.0, 0
    while v <= 1e50:
        v, steps = v + 0.1 * v**2, steps + 1
    net = Network(cells)
    text = error_of(net)
    assert "'v' of element 2 is" in text
    assert "    dv/dt = (v**2 + I)/ms : 1\n             ^^^^\n" in text
    assert float(net.t / ms) == pytest.approx(0.1 * steps)
    assert cells.v[2] == pytest.approx(v)


def test_a_term_outside_its_domain_is_named_with_what_went_in():
    """sqrt(1 - w) has no value from w = 1 on."""
    cells = NeuronGroup(3, "dv/dt = sqrt(1 - w)/ms - v/ms : 1\nw : 1", method="euler")
    cells.w = [0, 0.5, 2]
    text = error_of(Network(cells))
    assert "'v' of element 2 is nan at t = 0.0001 s" in text
    assert "            ^^^^^^^^^^^\n  'sqrt(1 - w)' is nan for w = 2 (SI)." in text


def test_a_column_that_a_table_does_not_have_is_named():
    f = TimedArray(np.ones((2, 3)), dt=1 * ms)
    cells = NeuronGroup(5, "dv/dt = (f(t, i) - v)/ms : 1", method="euler")
    net = Network(cells)
    with pytest.raises(IntegrationError, match=r"'f\(t, i\)' is nan for t = 0.0001, i = 3 \(SI\)"):
        net.run(1 * ms, on_nonfinite="raise", namespace={"f": f, "ms": ms})


def test_a_parameter_that_is_nan_is_named():
    cells = NeuronGroup(2, "dv/dt = (I - v)/ms : 1\nI : 1", method="exact")
    cells.I = [0, np.nan]
    assert "'I' has no finite value: nan." in error_of(Network(cells))


def test_an_unstable_step_is_told_from_a_bad_term():
    """Euler with dt = 10 tau: v -> -9 v. The largest term of the slope is named."""
    cells = NeuronGroup(1, "dv/dt = (1 - v)/(0.1*ms) : 1", method="euler", dt=1 * ms)
    text = error_of(Network(cells), 100 * ms)
    assert "is the largest term of its slope" in text
    assert "    dv/dt = (1 - v)/(0.1*ms) : 1\n" in text
    assert "The step may be too long" in text


def test_what_synapses_have_done_is_not_blamed_on_the_equation():
    cells = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", threshold="v > 1", reset="v = 0")
    synapses = Synapses(cells, cells, on_pre="v += 1e60")
    synapses.connect(i=0, j=1)
    cells.v = [2, 0]
    text = error_of(Network(cells, synapses))
    assert "'v' of element 1 is 1e+60" in text
    assert "Its equation has not done it" in text


def test_a_run_stops_where_it_happens_and_can_go_on(caplog):
    cells = NeuronGroup(1, "dv/dt = v**2/ms : 1", method="euler", dt=0.1 * ms)
    cells.v = 30
    recorded = StateMonitor(cells, "v", record=True)
    net = Network(cells, recorded)
    net.run(10 * ms, on_nonfinite="stop")
    assert 0 < float(net.t / ms) < 2
    assert len(recorded.t) == round(float(net.t / ms) / 0.1)
    assert "The run stops here." in caplog.text
    cells.v = 0
    net.run(10 * ms)
    assert np.isfinite(cells.v[0])


def test_without_being_asked_a_run_warns_once_and_goes_on(caplog):
    cells = NeuronGroup(2, "dv/dt = v**2/ms : 1", method="euler", name="cells")
    cells.v = [0, 30]
    net = Network(cells)
    net.run(10 * ms)
    net.run(10 * ms)
    assert float(net.t / ms) == pytest.approx(20)
    messages = [r.getMessage() for r in caplog.records if "invalid_values" in r.name]
    assert len(messages) == 1
    assert "'cells'" in messages[0]
    assert "'v' of element 1 is" in messages[0]
    assert "on_nonfinite='stop'" in messages[0]


def test_a_warning_comes_while_the_run_goes_on(backend):
    """Not only at its end: a long run can be ended by hand."""
    cells = NeuronGroup(1, "dv/dt = v**2/ms : 1", method="euler")
    cells.v = 30
    seen: list[float] = []

    class Note(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(time.perf_counter())

    logger = topic("invalid_values")
    handler = Note()
    logger.addHandler(handler)
    try:
        begun = time.perf_counter()
        net = Network(cells)
        net.run((5000 if backend == "llvm" else 500) * ms)
        assert seen
        assert seen[0] - begun < time.perf_counter() - begun
    finally:
        logger.removeHandler(handler)


def test_magic_run_takes_it_too():
    cells = NeuronGroup(1, "dv/dt = v**2*Hz*1000 : 1", method="euler")
    cells.v = 30
    with pytest.raises(IntegrationError, match="'v' of element 0"):
        run(10 * ms, on_nonfinite="raise")
    with pytest.raises(ModelValueError, match="'warn', 'stop' or 'raise', not 'ignore'"):
        run(10 * ms, on_nonfinite="ignore")  # pyright: ignore


def test_large_but_finite_numbers_below_the_limit_pass(caplog):
    cells = NeuronGroup(1, "dv/dt = -v/(10*second) : 1", method="euler")
    cells.v = 9e49
    Network(cells).run(1 * ms, on_nonfinite="raise")
    assert not caplog.records


def warning_of(caplog, net, duration):
    net.run(duration)
    (message,) = [r.getMessage() for r in caplog.records if "invalid_values" in r.name]
    return message


def test_a_warning_names_the_step_and_the_term_although_it_looks_later(caplog):
    """One step of 4000, in the middle, makes sqrt(-1): the state of after it tells nothing."""
    text = "dv/dt = sqrt(1 - w)/ms - v/ms : 1\ndw/dt = 4.999/second : 1"
    cells = NeuronGroup(3, text, method="euler", dt=0.1 * ms)
    cells.w = [0, 1e-2, 0]
    net = Network(cells)
    message = warning_of(caplog, net, 400 * ms)
    steps = round((1 - 1e-2) / 4.999 / 1e-4)
    assert "'v' of element 1 is nan" in message  # the first, though later all are
    found = float(message.split("at t = ")[1].split(" s")[0])
    assert found / 1e-4 == pytest.approx(steps, abs=2)
    assert "            ^^^^^^^^^^^\n  'sqrt(1 - w)' is nan for w = 1.0" in message
    assert float(net.t / ms) == pytest.approx(400)


def test_looking_back_changes_nothing(caplog):
    """Spikes, recordings, noise and delays are the same with a lost variable and without."""

    def made(lost):
        seed(5)
        text = f"dv/dt = (1.2 - v)/(10*ms) + 0.1*xi/ms**0.5 : 1\ndz/dt = {lost} : 1"
        cells = NeuronGroup(8, text, method="euler", threshold="v > 1", reset="v = 0")
        cells.z = 20
        synapses = Synapses(cells, cells, "w : 1", on_pre="v_post += 0.01; w += 0.001")
        synapses.connect(p=0.8)
        synapses.delay = "rand()*3*ms"
        spikes, states = SpikeMonitor(cells), StateMonitor(cells, "v", record=[0, 3])
        net = Network(cells, synapses, spikes, states)
        net.run(30 * ms)
        net.run(31 * ms)
        return np.array(spikes.t), np.array(spikes.i), np.array(states.v), np.array(synapses.w)

    lost, kept = made("z**2/ms"), made("-z/ms")
    assert any("'z' of element 0" in r.getMessage() for r in caplog.records)
    for a, b in zip(lost, kept):
        np.testing.assert_array_equal(a, b)


def test_where_python_takes_part_a_warning_says_what_it_can(caplog):
    cells = NeuronGroup(1, "dv/dt = v**2/ms : 1", method="euler", dt=0.1 * ms)
    cells.v = 30
    calls: list[int] = []
    operation = NetworkOperation(lambda: calls.append(1), dt=1 * ms)
    message = warning_of(caplog, Network(cells, operation), 10 * ms)
    assert "'v' of element 0 is" in message
    assert len(calls) == 10  # nothing was done twice
