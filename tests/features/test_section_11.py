"""Section 11 of the contract, monitors, sentence by sentence.

What other files test already:

    i, t, it, count, trains, values, variables    tests/model/test_monitors.py
    record=False, custom events, parts of groups  the same
    what is recorded before the reset             the same; tests/reference/test_groups.py
    StateMonitor: record, M[k], dtype, clocks     test_monitors.py
    smooth_rate, binned_rate                      test_monitors.py
    monitors that come and go, active=False       test_monitors.py
    recording to disk                             test_streams.py
    reductions in the loop        test_monitors_statistics.py, test_monitors_counts.py
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    EventClock,
    EventMonitor,
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    PopulationRateMonitor,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    mV,
    run,
)

REQUIRED = inspect.Parameter.empty
GIVEN = {
    SpikeMonitor: {
        "source": REQUIRED, "variables": None, "record": True, "when": None, "order": None,
    },
    EventMonitor: {
        "source": REQUIRED, "event": REQUIRED, "variables": None, "record": True, "when": None,
        "order": None,
    },
    StateMonitor: {
        "source": REQUIRED, "variables": REQUIRED, "record": REQUIRED, "dt": None, "clock": None,
        "when": "start", "order": 0,
    },
    PopulationRateMonitor: {"source": REQUIRED},
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("backend")


def test_arguments_and_their_defaults():
    for made, given in GIVEN.items():
        found = {n: p.default for n, p in inspect.signature(made).parameters.items()}
        assert list(found)[: len(given)] == list(given), made
        assert {n: found[n] for n in given} == given, made


# The default place is right after the threshold: variables are those that caused the spike.
def test_spikes_are_recorded_before_the_reset():
    cells = NeuronGroup(1, "v : 1", threshold="v > 1", reset="v = 0", order=3)
    cells.v = 2
    early, late = SpikeMonitor(cells, "v"), SpikeMonitor(cells, "v", when="end")
    run(0.1 * ms)
    assert (early.when, early.order) == ("thresholds", 4)
    assert (early.v[0], late.v[0]) == (2, 0)


# Anything that spikes can be a source.
@pytest.mark.parametrize(
    "make",
    [
        lambda: NeuronGroup(4, "v : 1", threshold="i > 1", reset=""),
        lambda: PoissonGroup(4, "1e9*Hz*int(i > 1)"),
        lambda: SpikeGeneratorGroup(4, [2, 3, 2, 3], [0, 0, 0.1, 0.1] * ms),
    ],
)
def test_sources_of_spikes(make):
    group = make()
    whole, part, chosen = SpikeMonitor(group), SpikeMonitor(group[1:3]), SpikeMonitor(group[[3, 0]])
    rate = PopulationRateMonitor(group)
    run(0.2 * ms)
    assert_array_equal(whole.count, [0, 0, 2, 2])
    assert_array_equal(part.count, [0, 2])
    assert_array_equal(chosen.count, [2, 0])
    assert_allclose(rate.rate / Hz, 5000)
    assert set(whole.get_states()) == {"i", "t", "count", "N"}


# num_events, event_trains of an EventMonitor.
def test_events_have_trains():
    cells = NeuronGroup(2, "v : 1", events={"e": "i == 1"})
    M = EventMonitor(cells, "e")
    run(0.3 * ms)
    assert M.num_events == 3
    assert_allclose(M.event_trains()[1] / ms, [0, 0.1, 0.2])
    assert len(M.event_trains()[0]) == 0


# record: True, False, a number, numbers, S[...]; variables: a text, texts, True.
def test_what_a_state_monitor_is_told_to_record():
    cells = NeuronGroup(4, "v : volt\nx : 1\ntwice = 2*x : 1\ns : 1 (shared)", threshold="False")
    cells.x, cells.v, cells.s = "i", "i*mV", 7
    synapses = Synapses(cells, cells, "w : 1")
    synapses.connect()
    synapses.w = "10*i + j"
    told = {
        (4,): StateMonitor(cells, "x", record=True), (0,): StateMonitor(cells, "x", record=False),
        (1,): StateMonitor(cells, ["x", "v"], record=2),
        (2,): StateMonitor(cells, True, record=np.array([1, 3])),
    }  # fmt: skip
    of_synapses = StateMonitor(synapses, "w", record=synapses[0, :])
    Network(cells, synapses, told, of_synapses).run(0.2 * ms)
    assert [M.record.tolist() for M in told.values()] == [[0, 1, 2, 3], [], [2], [1, 3]]
    for (n,), M in told.items():
        assert M.x.shape == (n, 2)
    assert_allclose(told[1,].v / mV, [[2, 2]])
    assert {"v", "x", "twice", "s"} <= set(told[2,].record_variables)
    assert_array_equal(told[2,].twice, [[2, 2], [6, 6]])
    assert_array_equal(told[2,].s, 7)
    assert_array_equal(told[2,][3].x, [3, 3])
    with pytest.raises(IndexError, match="element 0"):
        told[2,][0]
    assert_array_equal(of_synapses.w[:, 0], [0, 1, 2, 3])
    assert_array_equal(of_synapses[synapses[0, 2]].w, [[2, 2]])


# record_single_timestep; EventClock: any times.
def test_states_at_any_time():
    cells = NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler")
    at = StateMonitor(cells, "v", record=True, clock=EventClock([0.35, 0.9] * ms))
    every = StateMonitor(cells, "v", record=True, dt=0.5 * ms)
    run(1 * ms)
    every.record_single_timestep()
    assert_allclose(at.t / ms, [0.35, 0.9])
    assert_allclose(at.v[0], [0.4, 0.9])
    assert_allclose(every.v[0], [0, 0.5, 1])
    assert_allclose(every.t / ms, [0, 0.5, 1])


# The rate of a population, in the slot 'end'; smoothed, and in bins that are multiples of dt.
def test_rates_of_populations_and_of_neurons():
    source = SpikeGeneratorGroup(2, [0, 1, 0], [0, 0.2, 0.3] * ms)
    R, S = PopulationRateMonitor(source), SpikeMonitor(source)
    run(0.4 * ms)
    assert R.when == "end"
    assert_allclose(R.rate / Hz, [5000, 0, 5000, 5000])
    assert_allclose(R.smooth_rate(window="flat", width=0.3 * ms)[1] / Hz, 1e4 / 3)
    assert len(R.smooth_rate(window="gaussian", width=0.1 * ms)) == 4
    assert len(R.smooth_rate(window=np.ones(3))) == 4
    starts, rates = R.binned_rate(0.2 * ms)
    assert_allclose(starts / ms, [0, 0.2])
    assert_allclose(rates / Hz, [2500, 5000])
    assert_allclose(S.binned_rate(0.2 * ms)[1] / Hz, [[5000, 5000], [0, 5000]])
    with pytest.raises(ValueError, match="multiple of dt"):
        R.binned_rate(0.15 * ms)


# Monitors do not invalidate the magic network; reinit() is refused.
def test_monitors_may_be_made_between_runs():
    cells = NeuronGroup(2, "v : 1", threshold="True", reset="")
    run(0.1 * ms)
    spikes = SpikeMonitor(cells)
    run(0.1 * ms)
    assert rb.magic_network.t / ms == pytest.approx(0.2)
    assert spikes.num_spikes == 2
    with pytest.raises(NotImplementedError, match="stays"):
        spikes.reinit()
    network = Network(cells, spikes) if spikes._network is None else spikes._network
    assert network is rb.magic_network
