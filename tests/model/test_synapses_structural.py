"""Synapses that are removed and made during a run, against lists of Python."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rheobase import (
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    StatisticsMonitor,
    Synapses,
    UnknownNameError,
    ms,
    network_operation,
    seed,
)
from rheobase.ir.dtypes import F64
from rheobase.ir.slots import Slot
from rheobase.model.connections import Connections
from rheobase.runtime.order import Computed

N_PRE, N_POST, N_STEPS = 3, 4, 30
BACKEND_STAYS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
pair_lists = st.lists(
    st.tuples(st.integers(0, N_PRE - 1), st.integers(0, N_POST - 1)), min_size=1, max_size=10
)
spike_sets = st.sets(st.tuples(st.integers(0, N_PRE - 1), st.integers(0, 24)), max_size=14).map(
    sorted
)


# ------------------------------------------------------------------ the connection list
@BACKEND_STAYS
@given(st.lists(st.one_of(pair_lists, st.integers(0, 10**6)), max_size=6))
def test_a_connection_list_grows_and_shrinks_as_a_list_of_pairs_does(changes):
    """Pairs are added, numbers choose which are removed; users count in the order of the list."""
    connections, value = Connections(N_PRE), Slot("value", F64, 0)
    wanted: list[tuple[int, int, int]] = []
    for k, change in enumerate(changes):
        if isinstance(change, list):
            sources, targets = np.array(change).T
            connections.append(Computed.of(sources), Computed.of(targets), [value])
            value.data[connections.entries(np.arange(len(wanted), len(connections)))] = k
            wanted += [(i, j, k) for i, j in change]
        else:
            gone = np.random.default_rng(change).random(len(wanted)) < 0.5
            connections.remove(gone[connections.numbers()], [value])
            wanted = [w for w, g in zip(wanted, gone) if not g]
        columns = connections.sources(), connections.targets.data, value.data
        found = list(zip(*(connections.user_order(c).tolist() for c in columns)))
        assert found == wanted
        keys = connections.sources() * N_POST + connections.targets.data
        assert (np.diff(keys) >= 0).all()
        every = np.array([(i, j) for i in range(N_PRE) for j in range(N_POST)]).T
        have = {(i, j) for i, j, _ in wanted}
        assert connections.have(*every).tolist() == [(i, j) in have for i, j in every.T.tolist()]


# ------------------------------------------------------------------ in a run
class Case:
    """Spikes through synapses with weights 1, 2, 4, ..., so that every arrival can be told."""

    def __init__(self, pairs, spikes, delays):
        numbers, steps = zip(*spikes) if spikes else ((), ())
        self.source = SpikeGeneratorGroup(N_PRE, np.array(numbers, int), np.array(steps) * 0.1 * ms)
        self.target = NeuronGroup(N_POST, "v : 1\nborn : integer")
        model = "w : 1\nlast : integer"
        self.S = Synapses(self.source, self.target, model, on_pre="v_post += w")
        self.S.connect(i=[i for i, _ in pairs], j=[j for _, j in pairs])
        self.S.w = 2.0 ** np.arange(len(pairs))
        self.S.delay = np.array(delays) * 0.1 * ms
        self.M = StateMonitor(self.target, "v", record=True, when="end", order=-1)
        self.net = Network(self.source, self.target, self.S, self.M)

    def received(self):
        return np.diff(self.M.v, axis=1, prepend=0)


def arrivals(spikes, synapses):
    """(n_post, n_steps); synapses: (i, j, weight, delay, first step, last step)."""
    found = np.zeros((N_POST, N_STEPS))
    for number, step in spikes:
        for i, j, weight, delay, first, last in synapses:
            if i == number and step >= first and step + delay <= min(last, N_STEPS - 1):
                found[j, step + delay] += weight
    return found


@BACKEND_STAYS
@given(pair_lists, spike_sets, st.data())
def test_removed_synapses_get_no_spike_and_the_others_all(backend, pairs, spikes, data):
    n = len(pairs)
    delays = [data.draw(st.integers(0, data.draw(st.sampled_from([0, 6])))) for _ in pairs]
    last = [data.draw(st.integers(0, 40)) for _ in pairs]
    case = Case(pairs, spikes, delays)
    case.S.last = last
    pruning = case.S.prune("last <= t_in_timesteps")
    W = StateMonitor(case.S, "w", record=True, when="start")
    case.net.add(W)
    case.net.run(N_STEPS * 0.1 * ms)
    synapses = [(i, j, 2.0**k, delays[k], 0, last[k]) for k, (i, j) in enumerate(pairs)]
    assert_allclose(case.received(), arrivals(spikes, synapses))
    left = [k for k in range(n) if last[k] >= N_STEPS]
    assert case.S.w[:].tolist() == [2.0**k for k in left]
    assert case.S.i[:].tolist() == [pairs[k][0] for k in left]
    assert_allclose(case.S.delay[:] / ms, [0.1 * delays[k] for k in left])
    assert pruning.count == n - len(left)
    assert case.S.N_incoming_post.tolist() == [
        sum(pairs[k][1] == j for k in left) for j in range(N_POST)
    ]
    if left:  # monitors follow
        steps = np.arange(N_STEPS)
        wanted = [np.where(steps <= last[k], 2.0**k, np.nan) for k in range(n)]
        assert_allclose(W.w, wanted)


def test_monitors_of_synapses_that_have_all_gone_go_on(backend):
    """Eight of a pair go at once, so that there is no entry left to look at."""
    case = Case([(0, 0)] * 8, [], [0] * 8)
    case.S.prune("last <= t_in_timesteps")
    weights = StateMonitor(case.S, "w", record=True, when="start")
    case.net.add(weights)
    for _ in range(2):
        case.net.run(N_STEPS * 0.1 * ms)
    assert len(case.S) == 0
    assert_allclose(weights.w[:, 0], 2.0 ** np.arange(8))
    assert weights.w.shape == (8, 2 * N_STEPS)
    assert np.isnan(weights.w[:, 1:]).all()


@BACKEND_STAYS
@given(pair_lists, spike_sets, st.lists(st.integers(0, 34), min_size=N_POST, max_size=N_POST))
def test_grown_synapses_get_the_spikes_of_later_steps(backend, pairs, spikes, born):
    delays = [k % 4 for k in range(len(pairs))]
    case = Case(pairs, spikes, delays)
    case.target.born = born
    values = {"w": "1000.0*(1 + i + 10*j)", "delay": "(i + j)*0.1*ms"}
    growth = case.S.grow("born_post == t_in_timesteps", values=values)
    case.net.run(N_STEPS * 0.1 * ms)
    synapses = [(i, j, 2.0**k, delays[k], 0, 99) for k, (i, j) in enumerate(pairs)]
    old = len(synapses)
    for step, j in sorted((s, j) for j, s in enumerate(born)):
        synapses += [
            (i, j, 1000.0 * (1 + i + 10 * j), i + j, step + 1, 99)
            for i in range(N_PRE)
            if (i, j) not in pairs and step < N_STEPS
        ]
    assert_allclose(case.received(), arrivals(spikes, synapses))
    # in each step by source, then by target
    grown = sorted(synapses[old:], key=lambda s: (s[4], s[0], s[1]))
    assert case.S.w[:].tolist() == [s[2] for s in synapses[:old] + grown]
    assert growth.count == len(grown)


def test_a_run_with_changes_equals_the_same_run_in_parts(backend):
    """Event-driven traces, both directions, delays: nothing depends on where a run is prepared."""
    found = []
    for parts in ([30], [7, 23]):
        seed(3)
        rng = np.random.default_rng(5)
        times = np.sort(rng.integers(0, 300, 60)) * 0.1 * ms
        source = SpikeGeneratorGroup(6, np.arange(60) % 6, times)
        target = NeuronGroup(5, "dv/dt = (1.2 - v)/(4*ms) : 1", threshold="v > 1", reset="v = 0")
        target.v = "0.2*i"
        S = Synapses(
            source,
            target,
            """w : 1
            dA/dt = -A/(5*ms) : 1 (event-driven)
            dB/dt = -B/(5*ms) : 1 (event-driven)""",
            on_pre="v_post += 0.1*w\nA += 1\nw -= 0.3*B",
            on_post="B += 1\nw += 0.2*A",
        )
        S.connect(p=0.8)
        S.w, S.delay = "rand()", "rand()*2*ms"
        S.prune("w < 0.2", dt=1 * ms)
        S.grow(p=0.1, values={"w": "0.5 + 0.1*rand()"}, dt=2 * ms)
        net = Network(source, target, S)
        for duration in parts:
            net.run(duration * ms)
        found.append((S.i[:], S.j[:], S.w[:], S.A[:], target.v[:]))
    assert len(found[0][0]) > 5
    for a, b in zip(*found):
        assert_allclose(a, b, rtol=1e-12)


def test_growth_has_the_rate_of_its_probability():
    """Each of 90 000 free pairs with p in each of 5 steps: binomial, within five deviations."""
    cells = NeuronGroup(300, "x : 1")
    S = Synapses(cells, cells)
    S.connect(False)
    S.grow(p=0.01)
    seed(1)
    Network(cells, S).run(0.5 * ms)
    p = 1 - 0.99**5
    assert abs(len(S) - 90_000 * p) < 5 * np.sqrt(90_000 * p * (1 - p))
    assert len({*zip(S.i[:].tolist(), S.j[:].tolist())}) == len(S)


def test_several_synapses_of_a_pair_grow_where_that_is_asked_for():
    cells = NeuronGroup(2, "x : 1")
    S = Synapses(cells, cells, "w : 1", multisynaptic_index="k")
    S.connect(False)
    S.grow("i == j", multiple=True, values={"w": 3})
    Network(cells, S).run(0.3 * ms)
    assert (S.i[:].tolist(), S.k[:].tolist()) == ([0, 1] * 3, [0, 0, 1, 1, 2, 2])
    assert S.w[:].tolist() == [3] * 6


def test_a_paused_change_changes_nothing():
    cells = NeuronGroup(2, "x : 1")
    S = Synapses(cells, cells, "w : 1")
    S.connect()
    pruning = S.prune("i == j")
    pruning.active = False
    net = Network(cells, S)
    net.run(0.2 * ms)
    assert len(S) == 4
    pruning.active = True
    net.run(0.2 * ms)
    assert S.i[:].tolist() == [0, 1]


def test_synapses_made_by_python_during_a_run_take_part_from_the_next_step(backend):
    source = SpikeGeneratorGroup(1, [0] * 4, [0, 0.1, 0.2, 0.3] * ms)
    target = NeuronGroup(2, "v : 1")
    S = Synapses(source, target, on_pre="v_post += 1")
    S.connect(j="0")

    @network_operation(when="end")
    def more(t):
        if t == 0.1 * ms:
            S.connect(i=0, j=1)

    Network(source, target, S, more).run(0.4 * ms)
    assert target.v[:].tolist() == [4, 2]


def test_spikes_under_way_are_not_lost_when_python_makes_synapses(backend):
    """One sets out in the step in which more are made, others before and after; 0.3 ms each."""
    source = SpikeGeneratorGroup(1, [0] * 3, [0, 0.1, 0.2] * ms)
    target = NeuronGroup(2, "v : 1")
    S = Synapses(source, target, on_pre="v_post += 1", delay=0.3 * ms)
    S.connect(j="0")

    @network_operation(when="end")
    def more(t):
        if t == 0.1 * ms:
            S.connect(i=0, j=1)

    Network(source, target, S, more).run(1 * ms)
    assert target.v[:].tolist() == [3, 1]


def test_what_cannot_change_is_refused():
    cells = NeuronGroup(2, "x : 1")
    S = Synapses(cells, cells, "w : 1")
    S.connect()
    with pytest.raises(UnknownNameError, match="no variable 'weight'"):
        S.grow("i != j", values={"weight": 1})
    with pytest.raises(ModelTypeError, match="must be a text"):
        S.prune(0.5)
    S.prune("w")
    with pytest.raises(ModelTypeError, match=r"condition of prune\(\) must be true or false"):
        Network(cells, S).run(0.1 * ms)


def test_monitors_that_cannot_follow_say_so():
    cells = NeuronGroup(2, "x : 1")
    S = Synapses(cells, cells, "w : 1")
    S.connect()
    M = StatisticsMonitor(S, "w", record=True)
    S.prune("i == 0")
    with pytest.raises(ModelValueError, match="records a synapse that has been removed"):
        Network(cells, S, M).run(0.2 * ms)
