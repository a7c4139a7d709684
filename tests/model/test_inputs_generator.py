"""Spikes at given times, against the table itself."""

import logging
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    Clock,
    DimensionMismatchError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    UnsupportedError,
    defaultclock,
    ms,
    mV,
    run,
    second,
)

SPIKES = st.sets(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=25)
FIXTURES = (HealthCheck.function_scoped_fixture,)


@settings(suppress_health_check=FIXTURES)
@given(SPIKES, st.sampled_from([0, 31, 40]), st.randoms(use_true_random=False))
def test_each_spike_happens_in_its_step_in_each_period(events, period, random):
    """(step, neuron) in any order; with a period p also at step + p, step + 2 p, ..."""
    shuffled = sorted(events)
    random.shuffle(shuffled)
    steps, neurons = np.array(shuffled, float).reshape(-1, 2).T
    G = SpikeGeneratorGroup(5, neurons, steps * 0.1 * ms, period=period * 0.1 * ms)
    S = SpikeMonitor(G)
    Network(G, S).run(10 * ms)
    turns = range(0, 100, period) if period else [0]
    expected = sorted((s + p, i) for s, i in events for p in turns if s + p < 100)
    assert list(zip(np.round(S.t_ / 1e-4).astype(int), S.i)) == expected


def test_a_time_that_is_nearly_the_next_step_belongs_to_it():
    """floor(t/dt + 0.001), as everywhere: 0.99999 of a step does not."""
    G = SpikeGeneratorGroup(4, [0, 1, 2, 3], [0, 0.05, 0.0995, 0.09995] * ms)
    S = SpikeMonitor(G)
    run(0.3 * ms)
    assert_allclose(S.t_, [0, 0, 0, 1e-4])
    assert_array_equal(S.i, [0, 1, 2, 3])


def test_spikes_travel_through_synapses_with_delay():
    G = SpikeGeneratorGroup(2, [1, 0], [1, 2] * ms)
    cells = NeuronGroup(2, "v : 1")
    S = Synapses(G, cells, on_pre="v_post += 1", delay=1.5 * ms)
    S.connect(j="i")
    run(2.5 * ms)
    assert_array_equal(cells.v[:], [0, 0])
    run(0.1 * ms)
    assert_array_equal(cells.v[:], [0, 1])


def test_spikes_may_be_replaced_between_runs_and_past_ones_are_ignored(caplog):
    G = SpikeGeneratorGroup(2, [0, 1], [1, 2] * ms, period=3 * ms)
    S = SpikeMonitor(G)
    run(6 * ms)
    with caplog.at_level(logging.WARNING):
        G.set_spikes([1, 1, 0], [9, 1, 6] * ms)
        run(6 * ms)
        run(3 * ms)
    assert_allclose(S.t / ms, [1, 2, 4, 5, 6, 9])
    assert_array_equal(S.i, [0, 1, 0, 1, 0, 1])
    said = [r.message for r in caplog.records if "ignored_spikes" in r.name]
    assert [text.count("are ignored: 1") for text in said] == [1]


def test_spikes_keep_their_times_when_dt_changes():
    G = SpikeGeneratorGroup(1, [0, 0, 0], [0.5, 1.5, 2.5] * ms)
    S = SpikeMonitor(G)
    run(1 * ms)
    defaultclock.dt = 0.5 * ms
    run(2 * ms)
    assert_allclose(S.t / ms, [0.5, 1.5, 2.5])


def test_no_spikes_at_all_are_allowed():
    G = SpikeGeneratorGroup(3, [], [] * second)
    S = SpikeMonitor(G)
    run(1 * ms)
    assert S.num_spikes == 0


def test_what_was_given_can_be_read_back():
    G = SpikeGeneratorGroup(3, [2, 0], [2, 1] * ms, period=5 * ms, sorted=False)
    assert_allclose(G.spike_time / ms, [2, 1])
    assert_array_equal(G.neuron_index, [2, 0])
    assert G.period == 5 * ms


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((0, [], [] * second), ModelTypeError, "whole number >= 1, not 0"),
        ((1.5, [], [] * second), ModelTypeError, "whole number >= 1, not 1.5"),
        ((5, [0, -1], [0, 1] * ms), ModelValueError, "no neuron -1 among 5"),
        ((5, [0, 5], [0, 1] * ms), ModelValueError, r"no neuron 5 among 5 \(0 to 4\)"),
        ((5, [0.5], [1] * ms), ModelTypeError, "indices must be whole numbers"),
        ((5, ["a"], [1] * ms), ModelTypeError, "indices are a row of whole numbers"),
        ((5, [0, 1], [0, -1] * ms), ModelValueError, "finite and not negative"),
        ((5, [0, 1], [0] * ms), ModelValueError, "2 indices and 1 times"),
        ((5, [0], [1] * mV), DimensionMismatchError, "but these are in volt"),
        ((5, [[0]], [[1]] * ms), ModelTypeError, "indices are a row"),
    ],
)
def test_wrong_spikes_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SpikeGeneratorGroup(*arguments)


@pytest.mark.parametrize(
    "period, dt, error, message",
    [
        (-1 * ms, 0.1 * ms, ModelValueError, "cannot be negative"),
        (1 * ms, 2 * ms, ModelValueError, r"shorter than a step|period must be longer"),
        (1.25 * ms, 0.1 * ms, UnsupportedError, r"not a multiple of dt.*12\.5 steps"),
        (0.101 * ms, 0.1 * ms, UnsupportedError, "not a multiple of dt"),
    ],
)
def test_periods_that_do_not_fit_are_refused(period, dt, error, message):
    def build_and_run():
        Network(SpikeGeneratorGroup(1, [], [] * second, period=period, dt=dt)).run(0 * ms)

    with pytest.raises(error, match=message):
        build_and_run()


def test_a_period_that_ends_before_the_last_spike_is_refused():
    with pytest.raises(ModelValueError, match="period must be longer than the time of the last"):
        SpikeGeneratorGroup(1, [0], [2] * ms, period=1 * ms)
    with pytest.raises(ModelValueError, match="period must be longer than the time of the last"):
        SpikeGeneratorGroup(1, [0], [0.99999] * ms, period=1 * ms)


def test_two_spikes_of_a_neuron_in_one_step_are_refused_when_the_run_starts():
    clock = Clock(0.1 * ms)
    G = SpikeGeneratorGroup(2, [0, 1, 0, 0], [0.1, 0.1, 0.25, 0.15] * ms, clock=clock)
    with pytest.raises(ModelValueError, match="neuron 0 spikes more than once in the step at"):
        Network(G).run(1 * ms)
    clock.dt = 0.05 * ms
    Network(G).run(1 * ms)


@pytest.mark.parametrize("backend", ["llvm"], indirect=True)  # nothing depends on it
def test_spikes_load_in_few_passes_of_numpy(backend):
    """In any order: 90,000 spikes more make a call of Python for each hundred at most, and what
    is made on the way takes no more than ten columns."""

    def load(n: int) -> tuple[int, int]:
        keys = np.random.default_rng(0).permutation(2 * n)[:n]
        indices, times = keys % 1000, (keys // 1000) * 1e-4 * second
        calls = 0

        def count(frame, event, argument):
            nonlocal calls
            calls += event == "call"

        tracemalloc.start()
        sys.setprofile(count)
        try:
            Network(SpikeGeneratorGroup(1000, indices, times)).run(0 * ms)
        finally:
            sys.setprofile(None)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return calls, peak

    load(100)  # what is made once
    few, many = load(10_000), load(100_000)
    assert many[0] - few[0] < 900
    assert many[1] < 10 * 8 * 100_000


@pytest.mark.parametrize("ordered", [True, False])
def test_spikes_are_put_in_order_block_by_block(monkeypatch, ordered):
    """The table is made in blocks; what stands at their edges counts as well."""
    monkeypatch.setattr("rheobase.model.spikegenerator._BLOCK", 4)
    draw = np.random.default_rng(5)
    keys = draw.permutation(300)[:50]
    keys = np.sort(keys) if ordered else keys
    steps, neurons = keys // 10, keys % 10
    G = SpikeGeneratorGroup(10, neurons, steps * 0.1 * ms)
    M = SpikeMonitor(G)
    Network(G, M).run(3 * ms)
    assert_array_equal(np.round(M.t / (0.1 * ms)) * 10 + M.i, np.sort(keys))
    again = np.sort(steps * 10 + neurons)[[3, *range(49)]]  # one twice, at the edge of a block
    twice = SpikeGeneratorGroup(10, again % 10, (again // 10) * 0.1 * ms)
    with pytest.raises(ModelValueError, match="spikes more than once"):
        Network(twice).run(0 * ms)
