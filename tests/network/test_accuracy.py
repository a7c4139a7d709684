"""The error bar that halving the step gives, against errors that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rheobase import (
    ModelValueError,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    check,
    ms,
    mV,
    seed,
)
from rheobase.plotting import accuracy

DECAY = "dv/dt = -v/(10*ms) : 1"


def decaying(method="euler"):
    cells = NeuronGroup(3, DECAY, method=method, dt=0.1 * ms, name="cells")
    cells.v = [1, 2, 3]
    return cells


def test_the_difference_is_half_the_error_of_euler():
    """By formula: after n steps Euler has (1 - h)**n, with half the step (1 - h/2)**(2*n)."""
    row = Network(decaying()).check(10 * ms)["cells", "v"]
    n = np.arange(len(row.coarse))[:, None]
    h = 0.01
    start = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(row.coarse, start * (1 - h) ** n, rtol=1e-12)
    np.testing.assert_allclose(row.fine, start * (1 - h / 2) ** (2 * n), rtol=1e-12)
    error = np.abs(row.coarse - start * np.exp(-h * n)).max()
    assert row.largest == pytest.approx(error / 2, rel=0.02)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk2", 2), ("exponential_euler", 1)])
def test_a_third_run_measures_the_order(method, order):
    equations = "dv/dt = (1 + sin(t/ms) - v)/(10*ms) : 1"
    cells = NeuronGroup(2, equations, method=method, dt=0.1 * ms, name="cells")
    row = Network(cells).check(10 * ms, refinements=2)["cells", "v"]
    assert row.order == pytest.approx(order, abs=0.1)
    assert row.method == method


def test_exact_integration_has_no_difference_beyond_rounding():
    assert Network(decaying("exact")).check(10 * ms)["cells", "v"].largest < 1e-13


def test_noise_is_one_path_for_both_steps():
    """Additive noise: strong order 1, where independent noise would differ by its own size."""
    noisy = "dv/dt = -v/(10*ms) + xi/(10*ms)**0.5 : 1"
    cells = NeuronGroup(100, noisy, method="euler", dt=0.1 * ms, name="cells")
    seed(1)  # the measured order scatters by 0.03 between seeds
    report = Network(cells).check(100 * ms, refinements=2)
    assert report["cells", "v"].rms < 0.01
    assert report["cells", "v"].order == pytest.approx(1, abs=0.1)
    assert report.chance == ()
    spread = float(report["cells", "v"].fine[-1].std())
    assert spread == pytest.approx(math.sqrt(1 / 2), rel=0.3)


def test_rates_and_spike_times_are_compared():
    """v passes 1 after 1.03 ms: in the 11th step of 0.1 ms, the 21st of 0.05 ms, again and again.

    A spike has the time at which its step begins: k*1.1 - 0.1 ms against k*1.05 - 0.05 ms.
    """
    cells = NeuronGroup(
        1, "dv/dt = 1/(1.03*ms) : 1", threshold="v > 1", reset="v = 0", dt=0.1 * ms, name="cells"
    )
    report = Network(cells).check(11.05 * ms)
    (row,) = report.spikes
    assert row.counts == (10, 10)  # every 1.1 ms, and every 1.05 ms
    np.testing.assert_allclose(row.shifts, 0.05e-3 * np.arange(10), atol=1e-12)
    assert row.same == 1
    assert "10 against 10" in str(report)


def test_the_network_is_left_as_it_was():
    """Time, states, recordings, steps and random numbers: the run that follows is the same."""

    def build():
        seed(3)
        noisy = "dv/dt = (1.5*mV - v)/(10*ms) + mV*xi/(10*ms)**0.5 : volt"
        cells = NeuronGroup(20, noisy, method="euler", threshold="v > mV", reset="v = 0*mV")
        synapses = Synapses(cells, cells, on_pre="v += 0.1*mV", delay=1 * ms)
        synapses.connect(p=0.2)
        recorded, spikes = StateMonitor(cells, "v", record=True), SpikeMonitor(cells)
        net = Network(cells, synapses, recorded, spikes)
        net.run(10 * ms)
        return net, cells, recorded, spikes

    results = []
    for checked in (False, True):
        net, cells, recorded, spikes = build()
        if checked:
            net.check(10 * ms)
            assert float(net.t / ms) == pytest.approx(10)
            assert float(cells.clock.dt / ms) == pytest.approx(0.1)
            assert len(recorded.t) == 100
        net.run(10 * ms)
        results.append((np.asarray(recorded.v / mV), np.asarray(spikes.t), np.asarray(spikes.i)))
    for plain, after in zip(*results):
        np.testing.assert_array_equal(plain, after)


def test_what_is_drawn_anew_in_each_run_is_named():
    source = PoissonGroup(3, rates=50 / (1000 * ms), name="source")
    report = Network(source, decaying()).check(5 * ms)
    assert report.chance == ("source_thresholder",)
    assert "chance is part of the differences: source_thresholder" in str(report)


def test_it_is_there_without_a_network():
    cells = decaying()
    report = check(5 * ms)
    assert report["cells", "v"].largest > 0
    assert "'euler'" in str(report)
    assert cells.v[0] == 1


def test_wrong_requests_are_refused():
    net = Network(decaying())
    with pytest.raises(ModelValueError, match="a check needs a duration above zero"):
        net.check(0 * ms)
    with pytest.raises(ModelValueError, match="halves the step at least once"):
        net.check(1 * ms, refinements=0)
    with pytest.raises(KeyError, match="was not compared"):
        net.check(1 * ms)["cells", "w"]


def test_the_figure_shows_a_row_for_each_variable():
    report = Network(decaying()).check(5 * ms)
    figure = accuracy(report)
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), report["cells", "v"].coarse[:, 2])
    np.testing.assert_allclose(right.lines[0].get_ydata(), report["cells", "v"].difference[:, 2])


def test_the_figure_counts_in_the_units_of_the_model_and_shows_spikes():
    cells = NeuronGroup(
        3, "dv/dt = (12*mV - v)/(10*ms) : volt", method="euler", threshold="v > 10*mV",
        reset="v = 0*mV", name="cells",
    )  # fmt: skip
    report = Network(cells).check(50 * ms)
    figure = accuracy(report)
    left, right, rates, shifts = figure.axes
    assert left.get_ylabel() == "v (mV)"
    assert left.lines[0].get_ydata().max() == pytest.approx(10, abs=0.2)
    assert right.get_ylabel() == "difference (uV)"
    shown = np.abs(right.lines[0].get_ydata()).max()
    assert 1 < shown == pytest.approx(report["cells", "v"].largest * 1e6)
    assert [bar.get_width() for bar in rates.patches] == [40.0, 40.0]
    assert rates.get_xlabel() == "mean rate of a neuron (Hz)"
    assert "100 % of the neurons spike equally often" in shifts.get_title(loc="left")
    assert sum(bar.get_height() for bar in shifts.patches) == 6
