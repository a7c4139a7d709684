"""Monitors that reduce, against NumPy on what a StateMonitor records."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    DimensionMismatchError,
    HistogramMonitor,
    ModelValueError,
    NeuronGroup,
    StateMonitor,
    StatisticsMonitor,
    Synapses,
    UnknownNameError,
    ms,
    mV,
    run,
    seed,
    volt,
)


def noisy(n=6):
    seed(2)
    G = NeuronGroup(n, "dv/dt = -v/(5*ms) + 3*mV*xi/ms**0.5 : volt\nabove = v > 0*mV : boolean")
    G.v = "i*mV"
    return G


@pytest.mark.parametrize("record", [True, [4, 1], slice(1, 5)])
def test_statistics_are_those_of_the_recorded_values(record):
    G = noisy()
    S = StatisticsMonitor(G, ["v", "above"], record=record)
    M = StateMonitor(G, ["v", "above"], record=record)
    run(10 * ms)
    run(10 * ms)
    assert S.n == M.N == 200
    assert_allclose(S.mean("v") / mV, M.v.mean(axis=1) / mV, rtol=1e-10)
    assert_allclose(S.variance("v") / mV**2, M.v.var(axis=1) / mV**2, rtol=1e-10)
    assert_allclose(S.std("v") / mV, M.v.std(axis=1) / mV, rtol=1e-10)
    assert_array_equal(S.minimum("v"), M.v.min(axis=1))
    assert_array_equal(S.maximum("v"), M.v.max(axis=1))
    assert_allclose(S.mean("above"), M.above.mean(axis=1), rtol=1e-12)
    states = S.get_states(units=False)
    assert_allclose(states["v_mean"], S.mean("v") / volt)


def test_a_small_variance_on_a_great_mean_keeps_its_digits():
    """1e9 + 0, 1, 2, ...: sums of squares would lose the variance altogether."""
    G = NeuronGroup(1, "dv/dt = 1/(0.1*ms) : 1", method="euler")
    G.v = 1e9
    S = StatisticsMonitor(G, "v")
    run(10 * ms)
    assert_allclose(S.variance("v"), (100**2 - 1) / 12, rtol=1e-9)


def test_synapses_and_parts_of_groups_have_statistics_too():
    G = NeuronGroup(4, "dx/dt = i/ms : 1", method="euler")
    S = Synapses(G, G, "w : 1\nboth = w*x_pre + x_post : 1")
    S.connect("i != j")
    S.w = "i + 0.1*j"
    chosen = [7, 2, 5]
    statistics, M = StatisticsMonitor(S, "both", chosen), StateMonitor(S, "both", chosen)
    part = StatisticsMonitor(G[[3, 1]], "x")
    run(2 * ms)
    assert_allclose(statistics.mean("both"), M.both.mean(axis=1), rtol=1e-12)
    assert_allclose(part.mean("x"), [3 * 0.95, 0.95], rtol=1e-12)


def test_a_histogram_is_that_of_the_recorded_values():
    G = noisy()
    for record in (True, [0, 3, 5]):
        H = HistogramMonitor(G, "v", -4 * mV, 6 * mV, bins=13, record=record)
        M = StateMonitor(G, "v", record=record)
        run(20 * ms)
        counts, edges = np.histogram(M.v_, bins=13, range=(-4e-3, 6e-3))
        assert_allclose(H.edges / volt, edges)
        assert_array_equal(H.counts, counts)
        assert H.below == (M.v_ < -4e-3).sum() > 0
        assert H.above == (M.v_ >= 6e-3).sum()
        inside = counts.sum() / M.v.size
        assert_allclose((H.density * (H.edges[1] - H.edges[0])).sum(), inside)


def test_values_that_are_no_numbers_are_below_and_infinite_ones_outside():
    G = NeuronGroup(4, "v : 1")
    G.v = [np.nan, np.inf, -np.inf, 0.5]
    H = HistogramMonitor(G, "v", 0, 1, bins=2)
    run(0.1 * ms)
    assert (H.below, H.counts.tolist(), H.above) == (2, [0, 1], 1)


def test_wrong_requests_are_refused():
    G = noisy()
    with pytest.raises(UnknownNameError, match="has no variable 'u'"):
        StatisticsMonitor(G, "u")
    with pytest.raises(UnknownNameError, match="takes in no variable 'w'"):
        StatisticsMonitor(G, "v").mean("w")
    with pytest.raises(ModelValueError, match="a whole number >= 1 of parts of low < high"):
        HistogramMonitor(G, "v", 1 * mV, 0 * mV)
    with pytest.raises(DimensionMismatchError, match="high must be in volt"):
        HistogramMonitor(G, "v", 0 * mV, 1 * ms)
