"""Monitors that reduce events in the loop, against what NumPy makes of all events."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    BinnedRateMonitor,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeMonitor,
    SpikeStatisticsMonitor,
    defaultclock,
    ms,
    second,
    seed,
)

N = 7
PARTS = {"all": slice(None), "some": slice(2, 6), "mask": np.arange(N) % 3 != 1, "any": [5, 0, 3]}


def irregular():
    """Cells that spike now and then, the first never; 'odd' is an event of its own."""
    seed(3)
    return NeuronGroup(
        N,
        "x : 1",
        threshold="rand() < 0.05*i",
        reset="x += 1",
        events={"odd": "int(x) % 2 == 1"},
    )


@pytest.mark.parametrize("part", PARTS)
def test_intervals_are_those_of_the_spikes(part):
    cells = irregular()
    chosen = cells[PARTS[part]]
    S, M = SpikeStatisticsMonitor(chosen), SpikeMonitor(chosen)
    net = Network(cells, S, M)
    net.run(9 * ms)
    net.run(11 * ms)
    trains = [np.asarray(t) for t in M.spike_trains().values()]
    assert_array_equal(S.count, [len(t) for t in trains])
    assert_allclose(np.asarray(S.rate), [len(t) / 0.02 for t in trains])
    for k, train in enumerate(trains):
        intervals = np.diff(train)
        mean = intervals.mean() if len(intervals) else np.nan
        std = intervals.std() if len(intervals) > 1 else np.nan
        assert_allclose(np.asarray(S.isi_mean)[k], mean)
        assert_allclose(np.asarray(S.isi_std)[k], std, rtol=1e-9, atol=1e-15)
        assert_allclose(S.cv[k], std / mean, rtol=1e-9, atol=1e-12)
    assert set(S.get_states()) == {"count", "rate", "isi_mean", "isi_std", "cv"}


def test_nothing_is_known_before_there_are_intervals():
    cells = NeuronGroup(2, "x : 1", threshold="i == 1 and t < 0.05*ms", reset="")
    S = SpikeStatisticsMonitor(cells)
    assert np.isnan(np.asarray(S.rate)).all()
    Network(cells, S).run(1 * ms)
    assert_array_equal(S.count, [0, 1])
    assert np.isnan(np.asarray(S.isi_mean)).all()
    assert np.isnan(S.cv).all()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("each", [False, True])
def test_rates_in_bins_are_those_of_the_spikes(part, each):
    cells = irregular()
    chosen = cells[PARTS[part]]
    R, M = BinnedRateMonitor(chosen, 1.5 * ms, each=each), SpikeMonitor(chosen)
    net = Network(cells, R, M)
    net.run(4.4 * ms)
    net.run(5 * ms)
    starts, rates = M.binned_rate(1.5 * ms)
    assert_allclose(np.asarray(R.t), np.asarray(starts))
    expected = np.asarray(rates) if each else np.asarray(rates).mean(axis=0)
    assert_allclose(np.asarray(R.rate), expected)
    assert R.rate.shape == ((len(chosen), 6) if each else (6,))
    assert R.counts.sum() == np.sum(M.t_ < 9e-3 - 1e-9)


def test_bins_that_were_not_watched_wholly_are_left_out():
    cells = NeuronGroup(2, "x : 1", threshold="True", reset="")
    net = Network(cells)
    net.run(1.2 * ms)
    R = BinnedRateMonitor(cells, 1 * ms)
    net.add(R)
    net.run(3.1 * ms)
    assert_allclose(R.t / ms, [2, 3])
    assert_allclose(R.rate / (1 / second), [1e4, 1e4])


def test_other_events_are_counted_too():
    cells = irregular()
    R = BinnedRateMonitor(cells, 1 * ms, event="odd")
    S = SpikeStatisticsMonitor(cells, event="odd")
    Network(cells, R, S).run(5 * ms)
    assert R.counts.sum() == S.count.sum() > 0


def test_a_bin_is_a_whole_number_of_steps_also_later():
    cells = irregular()
    with pytest.raises(ModelValueError, match="multiple of dt"):
        BinnedRateMonitor(cells, 0.25 * ms)
    R = BinnedRateMonitor(cells, 1 * ms)
    net = Network(cells, R)
    net.run(1 * ms)
    defaultclock.dt = 0.05 * ms
    with pytest.raises(ModelValueError, match="dt has changed between runs"):
        net.run(1 * ms)


def test_reductions_of_events_are_stored_and_restored():
    cells = irregular()
    R, S = BinnedRateMonitor(cells, 1 * ms, each=True), SpikeStatisticsMonitor(cells)
    net = Network(cells, R, S)
    net.run(3 * ms)
    net.store()
    net.run(3 * ms)
    counts, cv = R.counts.copy(), S.cv.copy()
    net.restore(restore_random_state=True)
    net.run(3 * ms)
    assert_array_equal(R.counts, counts)
    assert_array_equal(S.cv, cv)
