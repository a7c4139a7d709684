"""spike_times='interpolated': spikes at the time of the crossing, to the order of the method.

Closed form: dv/dt = (I - v)/tau from 0 reaches 1 after tau*log(I/(I - 1)).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from rheobase import (
    DimensionMismatchError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    UnsupportedEquationsError,
    ms,
    prefs,
    second,
    seed,
)

pytestmark = pytest.mark.usefixtures("both_backends")

TAU = 10e-3
CURRENTS = np.array([1.5, 2.0, 3.0, 7.0])
LIF = "dv/dt = (current - v)/(10*ms) : 1\ncurrent : 1 (constant)"


def lif(dt=1 * ms, method="exact", refractory=False, equations=LIF, reset="v = 0", **kwds):
    cells = NeuronGroup(
        len(CURRENTS), equations, method=method, threshold="v > 1", reset=reset, dt=dt,
        refractory=refractory, spike_times="interpolated", **kwds
    )  # fmt: skip
    cells.current = CURRENTS
    return cells


def times_of(cells, duration=100 * ms):
    """The recorded times of each neuron, s."""
    spikes = SpikeMonitor(cells)
    Network(cells, spikes).run(duration)
    return [np.asarray(t) for t in spikes.spike_trains().values()]


def wanted(current, shortest=0.0, rest=0.0, until=0.1):
    """shortest: of the intervals; rest: v rests at 0 so long after each spike."""
    first = TAU * math.log(current / (current - 1))
    times = first + np.arange(1000) * max(first + rest, shortest)
    return times[times < until]


@pytest.mark.parametrize("refractory", [0.0, 2.345e-3])
def test_exact_spike_times_are_those_of_the_closed_form(refractory):
    """In steps of 1 ms; with refractoriness that ends between grid points, and without."""
    found = times_of(lif(refractory=refractory * second if refractory else False))
    for times, current in zip(found, CURRENTS):
        np.testing.assert_allclose(times, wanted(current, refractory), rtol=1e-12)


@pytest.mark.parametrize("dt", [1e-3, 0.3e-3, 1.5e-3])
def test_exact_spike_times_do_not_depend_on_the_step(dt):
    cells = lif(dt * second)
    for times, current in zip(times_of(cells, 96 * ms), CURRENTS):
        np.testing.assert_allclose(times, wanted(current, until=0.096), rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "order"), [("euler", 1), ("exponential_euler", 1), ("rk2", 2), ("rk4", 4)]
)
def test_spike_times_have_the_order_of_the_method(method, order):
    """dv/dt = (I + t/ms/20 - v)/tau, which no method solves exactly, against scipy."""
    text = "dv/dt = (current + t/(20*ms) - v)/(10*ms) : 1\ncurrent : 1 (constant)"
    exact = _ramp_times(1.5, 0.05)
    errors: list[float] = []
    for dt in (0.5, 0.25):
        times = times_of(lif(dt * ms, method, equations=text), 50 * ms)[0]
        assert len(times) == len(exact)
        errors.append(float(np.abs(times - exact).max()))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


ADAPTIVE = ("gsl_rkf45", "gsl_rkck", "gsl_rk8pd", "gsl_rk2", "gsl_rk4", "rosenbrock")


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize("refractory", [False, 2.345 * ms])
def test_methods_that_choose_their_step_keep_their_tolerance_in_spike_times(method, refractory):
    """In one dt of 2 ms; an error of v of 1e-8 is one of tau*1e-8/(I - 1) in time."""
    options = {"absolute_error": 1e-8, "max_steps": 10000, "save_step_count": True}
    cells = lif(2 * ms, method, refractory, method_options=options)
    shortest = float(refractory or 0)
    found = times_of(cells, 40 * ms)
    for times, current in list(zip(found, CURRENTS))[:3]:  # I = 7 spikes every 1.5 ms
        exact = wanted(current, shortest, until=0.04)
        assert len(times) == len(exact)
        assert np.abs(times - exact).max() < 1e-8 * TAU / (current - 1) * len(exact)
    assert (cells._step_count >= 1).all()


def test_methods_that_choose_their_step_stop_before_the_pole():
    """dv/dt = v**2/ms from 1 reaches 1000 at 1 - 1/1000 ms, a microsecond before its pole."""
    cells = NeuronGroup(
        1, "dv/dt = v**2/ms : 1", method="gsl_rk8pd", threshold="v > 1000", reset="v = 0.5",
        dt=2 * ms, spike_times="interpolated", method_options={"absolute_error": 1e-9},
    )  # fmt: skip
    cells.v = 1
    (time,) = times_of(cells, 2 * ms)[0]
    assert time == pytest.approx(0.999e-3, rel=1e-9)
    assert cells.v[0] == pytest.approx(1 / (2 - (2 - 0.999)), rel=1e-6)


@cache
def _ramp_times(current, until):
    def crossing(t, v):
        return v[0] - 1

    crossing.terminal, crossing.direction = True, 1  # pyright: ignore
    t, times = 0.0, []
    while True:
        found = solve_ivp(
            lambda t, v: (current + t / 20e-3 - v) / TAU, (t, until), [0.0], method="DOP853",
            rtol=1e-13, atol=1e-13, events=crossing, max_step=1e-3,
        )  # fmt: skip
        if not len(found.t_events[0]):
            return np.array(times)
        t = float(found.t_events[0][0])
        times.append(t)


def test_the_state_at_the_end_of_the_step_is_that_after_the_reset():
    """After the spike at s, v = I*(1 - exp(-(t - s)/tau)), whatever the grid."""
    cells = lif()
    last = np.array([t[-1] for t in times_of(cells)])
    np.testing.assert_allclose(cells.v, CURRENTS * -np.expm1(-(0.1 - last) / TAU), rtol=1e-10)


def test_variables_that_hold_still_go_on_at_the_end_of_refractoriness():
    """v (unless refractory) rests for 2.3 ms, while w decays on."""
    text = """dv/dt = (current - v + 0*w)/(10*ms) : 1 (unless refractory)
              dw/dt = -w/(20*ms) : 1
              current : 1 (constant)"""
    cells = lif(equations=text, refractory=2.3 * ms, reset="v = 0; w += 1")
    for k, (times, current) in enumerate(zip(times_of(cells), CURRENTS)):
        np.testing.assert_allclose(times, wanted(current, rest=2.3e-3), rtol=1e-12)
        decayed = np.exp(-(0.1 - times) / 20e-3).sum()
        assert cells.w[k] == pytest.approx(decayed, rel=1e-12)


def test_adaptive_thresholds_and_counters_change_with_the_spike():
    """A parameter, an integer and a variable of another equation in the reset."""
    text = """dv/dt = (current - v)/(10*ms) : 1
              dlevel/dt = -level/(50*ms) : 1
              current : 1 (constant)
              count : integer
              highest : 1
              above = v - level : 1"""
    cells = NeuronGroup(
        1, text, method="exact", threshold="above > 1", dt=1 * ms, spike_times="interpolated",
        reset="rest = v; v = 0; level += 0.2; count += 1; highest = rest",
    )  # fmt: skip
    cells.current = 3
    times = times_of(cells, 40 * ms)[0]
    v, level, t, found = 0.0, 0.0, 0.0, []
    while True:  # by bisection in closed form
        low, high = 0.0, 40e-3
        for _ in range(200):
            s = 0.5 * (low + high)
            over = 3 + (v - 3) * math.exp(-s / TAU) - level * math.exp(-s / 50e-3) > 1
            low, high = (low, s) if over else (s, high)
        if t + high > 40e-3:
            break
        t, level = t + high, level * math.exp(-high / 50e-3)
        top, v, level = 1 + level, 0.0, level + 0.2
        found.append(t)
    np.testing.assert_allclose(times, found, rtol=1e-12)
    assert cells.count[0] == len(found)
    assert cells.highest[0] == pytest.approx(top, rel=1e-11)


def test_refractoriness_while_the_threshold_holds_gives_one_spike_for_each_crossing():
    """A sine crosses 0.5 upwards at arcsin(0.5), once in each period, without any reset."""
    text = "dv/dt = w : 1\ndw/dt = -(2*pi*100*Hz)**2*v : Hz"
    cells = NeuronGroup(
        1, text, method="exact", threshold="v > 0.5", refractory="v > 0.5", dt=0.7 * ms,
        spike_times="interpolated",
    )  # fmt: skip
    cells.w = "2*pi*100*Hz"
    times = times_of(cells, 14 * ms)[0]
    exact = (math.asin(0.5) / (2 * math.pi) + np.arange(2)) / 100
    np.testing.assert_allclose(times, exact, rtol=1e-11)


def test_a_neuron_that_is_pushed_over_its_threshold_spikes_at_the_grid_point():
    """A synapse lifts v at 2 ms; without it v stays below."""
    cells = NeuronGroup(
        1, "dv/dt = -v/(10*ms) : 1", method="exact", threshold="v > 1", reset="v -= 1",
        dt=1 * ms, spike_times="interpolated",
    )  # fmt: skip
    pushing = cells.run_regularly("v += 1.5*int(t == 1*ms)", when="end")
    assert pushing is not None
    times = times_of(cells, 5 * ms)[0]
    np.testing.assert_allclose(times, [2e-3])
    assert cells.v[0] == pytest.approx(0.5 * math.exp(-0.3), rel=1e-12)


def test_a_state_that_is_lost_is_no_spike():
    """rk4 is unstable at this step, and v runs to nan without having been at the threshold."""
    cells = lif(30 * ms, "rk4", equations="dv/dt = (current - v**3)/(1*ms) : 1\ncurrent : 1")
    cells.v = -50
    assert not any(len(t) for t in times_of(cells, 300 * ms))
    assert np.isnan(cells.v).all()


def test_an_exploding_voltage_is_stopped_at_the_threshold():
    """dv/dt = v**2 has a pole at 1/v(0): a step beyond it is nan, and yet v = 1000 is found."""
    cells = NeuronGroup(
        1, "dv/dt = v**2/ms : 1", method="rk4", threshold="v > 1000", reset="v = 0",
        dt=0.08 * ms, spike_times="interpolated",
    )  # fmt: skip
    cells.v = 1
    times = times_of(cells, 2 * ms)[0]
    assert len(times) == 1
    assert times[0] == pytest.approx(1e-3, rel=0.05)
    assert np.isfinite(cells.v[0])


def test_random_resets_are_drawn_once_for_each_step():
    seed(4)
    cells = lif(reset="v = 0.5*rand()")
    times = times_of(cells)[1]
    starts = 2 - (2 - 1) * np.exp(np.diff(times) / TAU)  # v after each reset, from what followed
    assert ((starts > 0) & (starts < 0.5)).all()
    assert len(np.unique(starts)) == len(starts) > 10


def test_a_timed_array_that_fits_the_grid_holds_during_the_step():
    drive = TimedArray([0.5, 1.5, 3.0, 0.0], dt=10 * ms)  # noqa: F841 - the model uses it
    cells = NeuronGroup(
        1, "dv/dt = (drive(t) - v)/(10*ms) : 1", method="exact", threshold="v > 1",
        reset="v = 0", dt=1 * ms, spike_times="interpolated",
    )  # fmt: skip
    spikes = SpikeMonitor(cells)
    Network(cells, spikes).run(40 * ms)
    at_10_ms = 0.5 * -math.expm1(-1)
    first = 10e-3 + TAU * math.log((1.5 - at_10_ms) / 0.5)
    assert np.asarray(spikes.t)[0] == pytest.approx(first, rel=1e-12)


def test_synapses_can_put_in_the_rest_of_the_step():
    """on_pre acts at the end of the step; lastspike_pre says how long after the spike that is."""
    source = lif()
    target = NeuronGroup(len(CURRENTS), "dg/dt = -g/(5*ms) : 1", method="exact", dt=1 * ms)
    code = "g_post += exp(-(t + dt - lastspike_pre)/(5*ms))"
    synapses = Synapses(source, target, on_pre=code, dt=1 * ms)
    synapses.connect(j="i")
    Network(source, target, synapses).run(100 * ms)
    for k, current in enumerate(CURRENTS):
        exact = np.exp(-(0.1 - wanted(current)) / 5e-3).sum()
        assert target.g[k] == pytest.approx(exact, rel=1e-11)


def test_more_than_one_spike_in_a_step_is_said(caplog):
    """I = 7 has a period of 1.54 ms."""
    cells = lif(dt=2 * ms)
    net = Network(cells)
    net.run(20 * ms)
    net.run(20 * ms)
    assert len([r for r in caplog.records if r.name.endswith("late_spikes")]) == 1
    assert "above its threshold again after its spike" in caplog.text
    assert "Take a shorter dt" in caplog.text


def test_rates_count_a_spike_in_the_bin_in_which_it_lies():
    """I = 2: spikes at 6.93 ms and its multiples, in bins of 1 ms and steps of 1 ms."""
    cells = lif()
    spikes = SpikeMonitor(cells)
    Network(cells, spikes).run(30 * ms)
    _, rates = spikes.binned_rate(1 * ms)
    counted = np.flatnonzero(np.asarray(rates)[1])
    np.testing.assert_array_equal(counted, np.floor(wanted(2.0, until=0.03) * 1e3))


# -------------------------------------------------------------------- within a network
def test_a_run_that_is_split_by_a_checkpoint_is_the_run_that_is_not():
    def made():
        cells = lif(refractory=1.3 * ms, name="cells")
        spikes = SpikeMonitor(cells, name="spikes")
        return Network(cells, spikes), spikes

    whole, all_spikes = made()
    whole.run(50 * ms)
    net, spikes = made()
    net.run(23 * ms)
    net.store()
    net.run(10 * ms)
    net.restore()
    net.run(27 * ms)
    np.testing.assert_array_equal(np.asarray(all_spikes.t), np.asarray(spikes.t))


def test_threads_change_nothing():
    found = []
    for threads in (1, 2):
        prefs.core.threads = threads
        cells = NeuronGroup(
            1000, LIF, method="rk4", threshold="v > 1", reset="v = 0", dt=0.5 * ms,
            refractory=1.1 * ms, spike_times="interpolated",
        )  # fmt: skip
        cells.current = "1 + i/100"
        spikes = SpikeMonitor(cells)
        Network(cells, spikes).run(20 * ms)
        found.append((np.asarray(spikes.i), np.asarray(spikes.t)))
    prefs.core.threads = 1
    np.testing.assert_array_equal(found[0], found[1])


def test_check_sees_the_order_in_spike_times():
    """What half the step changes falls from microseconds on the grid to 1e-10 s."""
    report = Network(lif(0.5 * ms, "rk4")).check(40 * ms)
    assert report.spikes[0].shifts.max() < 2e-8
    grid = NeuronGroup(len(CURRENTS), LIF, method="rk4", threshold="v > 1", reset="v = 0",
                       dt=0.5 * ms)  # fmt: skip
    grid.current = CURRENTS
    assert Network(grid).check(40 * ms).spikes[0].shifts.max() > 1e-4


# -------------------------------------------------------------------- what is refused
def refused(match, error=UnsupportedEquationsError, equations=LIF, **kwds):
    given = {"threshold": "v > 1", "reset": "v = 0", "method": "rk4", **kwds}

    def run():
        cells = NeuronGroup(2, equations, spike_times="interpolated", **given)
        Network(cells).run(1 * ms)

    with pytest.raises(error, match=match):
        run()


def test_noise_is_refused_by_its_name():
    text = "dv/dt = -v/(10*ms) + xi/(10*ms)**0.5 : 1"
    refused("taken again, shorter. 'xi' in the equation for 'v' is noise", equations=text,
            method="euler")  # fmt: skip


@pytest.mark.parametrize("threshold", ["fires", "not v < 1", "v == 1"])
def test_thresholds_that_are_no_comparison_are_refused(threshold):
    refused("is no comparison by > or <", equations=LIF + "\nfires : boolean", threshold=threshold)


def test_random_thresholds_are_refused():
    refused("'rand\\(\\)' has another value whenever", threshold="rand() > v")


def test_shared_variables_in_the_reset_are_refused():
    text = LIF + "\ntotal : 1 (shared)"
    refused("'total' is shared: a reset within a step", equations=text, reset="v = 0; total = 1")


def test_a_spike_that_changes_nothing_is_refused():
    refused("a spike must change something", ModelValueError, reset=None)


def test_a_group_without_threshold_is_refused():
    refused("has no threshold", ModelValueError, threshold=None, reset=None)


def test_a_group_without_equations_is_refused():
    refused("has no differential equations", ModelValueError, equations="v : 1")


def test_other_words_are_refused():
    with pytest.raises(ModelValueError, match="spike_times is 'grid' or 'interpolated', not 'no'"):
        NeuronGroup(2, LIF, threshold="v > 1", reset="v = 0", spike_times="no")


def test_faults_of_the_reset_show_the_line():
    refused("v is a pure number, but 3.mV is in volt", DimensionMismatchError, reset="v = 3*mV")


def test_any_neuron_spikes_when_the_closed_form_says():
    """500 neurons of random currents, time constants, resets and refractory times, random starts.

    With v (unless refractory), intervals are wait + tau*log((I - reset)/(I - 1)).
    """
    rng = np.random.default_rng(3)
    n = 500
    current, tau = rng.uniform(0.8, 4, n), rng.uniform(3e-3, 30e-3, n)
    bottom, wait, start = rng.uniform(-2, 0.5, n), rng.uniform(1.1e-3, 4e-3, n), rng.random(n)
    cells = NeuronGroup(
        n,
        """dv/dt = (I - v)/tau : 1 (unless refractory)
           I : 1 (constant)
           tau : second (constant)
           bottom : 1 (constant)
           wait : second (constant)""",
        method="exact", threshold="v > 1", reset="v = bottom", refractory="wait", dt=1 * ms,
        spike_times="interpolated",
    )  # fmt: skip
    cells.I, cells.tau, cells.bottom = current, tau * second, bottom
    cells.wait, cells.v = wait * second, start
    found = times_of(cells, 30 * ms)
    for k in range(n):
        exact: list[float] = []
        if current[k] > 1:
            t = tau[k] * math.log((current[k] - start[k]) / (current[k] - 1))
            again = wait[k] + tau[k] * math.log((current[k] - bottom[k]) / (current[k] - 1))
            while t < 30e-3:
                exact.append(t)
                t += again
        np.testing.assert_allclose(found[k], exact, rtol=1e-11, atol=1e-15)
