"""Delays of their own for each synapse: every spike arrives once, when it should."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rheobase import (
    ModelTypeError,
    ModelValueError,
    Network,
    NetworkOperation,
    NeuronGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    defaultclock,
    ms,
    second,
    us,
)

N_PRE, N_POST = 4, 3
BACKEND_STAYS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


class Case:
    """Spikes through synapses with weights 1, 2, 4, ... so that every arrival can be told."""

    def __init__(self, pairs, spikes, **arguments):
        self.pairs = pairs
        numbers, steps = zip(*spikes) if spikes else ((), ())
        self.spikes = list(zip(numbers, steps))
        times = np.array(steps) * 0.1 * ms
        self.source = SpikeGeneratorGroup(N_PRE, np.array(numbers, int), times)
        self.target = NeuronGroup(N_POST, "v : 1")
        self.S = Synapses(self.source, self.target, "w : 1", on_pre="v_post += w", **arguments)
        self.connect(pairs)
        self.M = StateMonitor(self.target, "v", record=True, when="end")
        self.net = Network(self.source, self.target, self.S, self.M)

    def connect(self, pairs):
        i, j = zip(*pairs)
        self.S.connect(i=list(i), j=list(j))
        self.S.w = 2.0 ** np.arange(len(self.S))

    def received(self):
        """(n_post, n_steps) what arrives in each recorded step."""
        return np.diff(self.M.v, axis=1, prepend=0)


def expected(case, delays, n_steps, spikes=None):
    """The same, from delays in steps for each synapse, by hand."""
    found = np.zeros((N_POST, n_steps))
    for number, step in case.spikes if spikes is None else spikes:
        for k, (i, j) in enumerate(case.pairs):
            if i == number and step + delays[k] < n_steps:
                found[j, step + delays[k]] += 2.0**k
    return found


pair_lists = st.lists(
    st.tuples(st.integers(0, N_PRE - 1), st.integers(0, N_POST - 1)), min_size=1, max_size=12
)
spike_sets = st.sets(st.tuples(st.integers(0, N_PRE - 1), st.integers(0, 19)), max_size=12).map(
    sorted
)


@BACKEND_STAYS
@given(pair_lists, spike_sets, st.data())
def test_each_synapse_delivers_each_spike_once_after_its_delay(backend, pairs, spikes, data):
    case = Case(pairs, spikes)
    greatest = data.draw(st.sampled_from([0, 2, 15]))
    delays = [data.draw(st.integers(0, greatest)) for _ in pairs]
    case.S.delay = np.array(delays) * 0.1 * ms
    case.net.run(2 * ms)
    assert_allclose(case.received(), expected(case, delays, 20))


@BACKEND_STAYS
@given(pair_lists, spike_sets, st.data())
def test_spikes_under_way_keep_the_delay_that_they_set_out_with(backend, pairs, spikes, data):
    case = Case(pairs, spikes)
    total = np.zeros((N_POST, 30))
    begin = 0
    for n_steps in (7, 6, 17):
        delays = [data.draw(st.integers(0, 9)) for _ in pairs]
        case.S.delay = np.array(delays) * 0.1 * ms
        sent = [(k, s) for k, s in spikes if begin <= s < begin + n_steps]
        total += expected(case, delays, 30, sent)
        begin += n_steps
        case.net.run(n_steps * 0.1 * ms)
    assert_allclose(case.received(), total)


@BACKEND_STAYS
@given(pair_lists, pair_lists, spike_sets, st.data())
def test_new_synapses_disturb_nothing_that_is_under_way(backend, pairs, more, spikes, data):
    case = Case(pairs, spikes)
    delays = [data.draw(st.integers(0, 9)) for _ in pairs]
    case.S.delay = np.array(delays) * 0.1 * ms
    case.net.run(1 * ms)
    first = expected(case, delays, 30, [x for x in spikes if x[1] < 10])
    case.pairs = pairs + more
    case.connect(more)
    case.net.run(2 * ms)
    # new synapses have no delay, and do not know spikes from before they were made
    later = expected(case, delays + [0] * len(more), 30, [x for x in spikes if x[1] >= 10])
    assert_allclose(case.received(), first + later)


@BACKEND_STAYS
@given(pair_lists, spike_sets, st.sampled_from([(25,), (50, 200), (200, 20)]), st.data())
def test_spikes_under_way_keep_their_time_when_dt_changes(backend, pairs, spikes, dts, data):
    defaultclock.dt = 100 * us
    case = Case(pairs, [x for x in spikes if x[1] < 10])
    delays = [data.draw(st.integers(0, 9)) for _ in pairs]
    case.S.delay = np.array(delays) * 0.1 * ms
    case.net.run(1 * ms)
    case.source.set_spikes([], [] * second)
    due = [
        (j, 100 * (step + delays[k]), 2.0**k)
        for number, step in case.spikes
        for k, (i, j) in enumerate(pairs)
        if i == number and step + delays[k] >= 10
    ]
    begin = 1000
    for dt in dts:
        defaultclock.dt = dt * us
        before = case.target.v[:]
        M = StateMonitor(case.target, "v", record=True, when="end")
        case.net.add(M)
        case.net.run(0.4 * ms)
        case.net.remove(M)
        n_steps, wanted = 400 // dt, np.zeros((N_POST, 400 // dt))
        # a change of dt moves what is under way to the nearest step, not before the present one
        due = [(j, max(round((time - begin) / dt), 0), weight) for j, time, weight in due]
        for j, step, weight in due:
            if step < n_steps:
                wanted[j, step] += weight
        due = [(j, begin + step * dt, w) for j, step, w in due if step >= n_steps]
        assert_allclose(np.diff(M.v, axis=1, prepend=before[:, None]), wanted)
        begin += 400


def test_fifty_distinct_delays_of_a_long_row_are_delivered():
    """More delays than a word of bits has, in rows of different lengths."""
    rng = np.random.default_rng(1)
    source = SpikeGeneratorGroup(3, [0, 1, 2, 0], np.array([0, 1, 1, 30]) * 0.1 * ms)
    target = NeuronGroup(200, "v : 1")
    S = Synapses(source, target, on_pre="v_post += 1")
    S.connect("i < 2 or j < 5")
    delays = rng.integers(0, 100, len(S))
    S.delay = delays * 0.1 * ms
    M = StateMonitor(target, "v", record=True, when="end")
    Network(source, target, S, M).run(14 * ms)
    counts = np.zeros((200, 140))
    for i, j, d in zip(S.i[:], S.j[:], delays):
        for step in {0: (0, 30), 1: (1,), 2: (1,)}[int(i)]:
            counts[j, step + d] += 1
    assert_allclose(np.diff(M.v, axis=1, prepend=0), counts)


@pytest.mark.parametrize("given", ["one", "values", "text"])
def test_half_a_step_of_delay_counts_as_a_step(given):
    """Steps from the spike to its arrival, recorded with Brian 2.9; 0.15/0.1 is just below 1.5."""
    recorded = {0.05: 1, 0.15: 1, 0.25: 3, 0.35: 4, 0.45: 5, 1.65: 17, 2.95: 30, 4.25: 43, 0.04: 0}
    for delay, steps in recorded.items():
        source = SpikeGeneratorGroup(1, [0], [0] * ms)
        target = NeuronGroup(1, "at : second")
        own = {"delay": delay * ms} if given == "one" else {}
        S = Synapses(source, target, on_pre="at_post = t", **own)
        S.connect()
        if given != "one":
            S.delay = delay * ms if given == "values" else f"{delay}*ms"
        Network(source, target, S).run(5 * ms)
        assert round(target.at[0] / (0.1 * ms)) == steps


def test_delays_of_postsynaptic_pathways_count_from_the_postsynaptic_spike():
    target = SpikeGeneratorGroup(2, [0, 1], [0, 0] * second)
    source = NeuronGroup(3, "v : 1", threshold="False", reset="")
    S = Synapses(source, target, "n : 1\nlast : second", on_post="n += 1\nlast = t")
    S.connect()
    S.post.delay = "(i + 3*j)*0.1*ms"
    Network(source, target, S).run(1 * ms)
    assert_allclose(S.n[:], 1)
    assert_allclose(S.last_[:], (S.i[:] + 3 * S.j[:]) * 1e-4, atol=1e-12)


def test_delays_read_and_write_like_other_variables():
    G = NeuronGroup(3, "x : 1", threshold="False", reset="")
    S = Synapses(G, G, "w : 1", on_pre="x_post += w")
    S.connect()
    assert_allclose(S.delay[:] / ms, np.zeros(9))
    S.delay = 2 * ms
    assert S.pre.delays.slot.data.shape == (1,)  # no memory for each
    S.delay["i == j"] = "(1 + i)*ms"
    assert_allclose(S.delay[[0, 1, 2], 1] / ms, [2, 2, 2])
    assert_allclose(S.delay["i == j"] / ms, [1, 2, 3])
    S.delay[2, :] = [4, 5, 6] * ms
    assert_allclose(S.delay[6:] / ms, [4, 5, 6])
    assert_allclose(S.delay_[8], 0.006)


def test_a_delay_that_was_given_as_one_stays_one():
    G = NeuronGroup(2, "x : 1", threshold="False", reset="")
    S = Synapses(G, G, on_pre={"up": "x_post += 1", "down": "x_post -= 1"}, delay={"up": 1 * ms})
    S.connect()
    assert S.up.delay[:] / ms == pytest.approx(1)
    S.up.delay = "2*ms"
    assert S.up.delay[:] / ms == pytest.approx(2)
    with pytest.raises(ModelTypeError, match="one for all synapses"):
        S.up.delay = [1, 2, 3, 4] * ms
    assert len(S.down.delay[:]) == 4


def test_delays_must_be_times_that_are_not_negative():
    G = NeuronGroup(2, "x : 1", threshold="False", reset="")
    S = Synapses(G, G, on_pre="x_post += 1")
    with pytest.raises(ModelTypeError, match="call connect"):
        S.delay = 1 * ms
    S.connect()
    with pytest.raises(ModelValueError, match="cannot be negative"):
        S.delay = [1, 2, 3, -4] * ms
    assert_allclose(S.delay_[:], 0)
    with pytest.raises(ModelValueError, match="delays are given"):
        Synapses(G, G, delay=1 * ms)


def one_synapse(on_pre, steps, **arguments):
    """One neuron whose spikes come in given steps, and one that counts what arrives."""
    source = SpikeGeneratorGroup(1, np.zeros(len(steps), int), np.array(steps) * 0.1 * ms)
    target = NeuronGroup(1, "v : 1")
    S = Synapses(source, target, on_pre=on_pre, **arguments)
    S.connect()
    M = StateMonitor(target, "v", record=0, when="end")
    return Network(source, target, S, M), S, M


def arrived(M):
    """(n,) the steps in which something arrived."""
    return np.flatnonzero(np.diff(M.v[0], prepend=0)).tolist()


def test_code_of_a_pathway_changes_the_delay_of_the_spikes_that_come(backend):
    """Synapses that grow faster with use: each arrival takes 0.2 ms from the delay."""
    net, S, M = one_synapse("v_post += 1; delay = clip(delay - 0.2*ms, 0*ms, 1*ms)", [0, 3, 12, 20])
    S.delay = 1 * ms
    net.run(4 * ms)
    # spikes set out before those of the same step arrive: with 1, 1, 0.8 and 0.6 ms
    assert arrived(M) == [10, 13, 20, 26]
    assert_allclose(S.delay / ms, [0.2], atol=1e-12)


def test_postsynaptic_code_and_run_regularly_change_the_delay_of_the_presynaptic_pathway(backend):
    source = SpikeGeneratorGroup(1, [0, 0, 0], [0, 1, 2] * ms)
    target = NeuronGroup(1, "v : 1", threshold="t_in_timesteps == 5", reset="")
    S = Synapses(source, target, on_pre="v_post += 1", on_post="pre_delay += 0.3*ms")
    S.connect()
    S.delay = 0.1 * ms
    S.run_regularly("delay = delay + 1*ms", dt=1.5 * ms)
    M = StateMonitor(target, "v", record=0, when="end")
    Network(source, target, S, M).run(6 * ms)
    # at 0: 0.1 + 1 ms; from the spike of the target in step 5 on 1.4; from 1.5 ms on 2.4 ms
    assert arrived(M) == [11, 24, 44]


def test_python_changes_delays_during_a_run(backend):
    net, S, M = one_synapse("v_post += 1", [0, 1, 2, 3])
    S.delay = 0.5 * ms

    def change(t):
        if t == 0.1 * ms:
            S.delay = 2 * ms

    net.add(NetworkOperation(change))
    net.run(4 * ms)
    assert arrived(M) == [5, 6, 22, 23]  # new delays hold from the step after the change on


def test_what_is_under_way_with_a_delay_of_its_own_survives_a_checkpoint(backend):
    net, S, M = one_synapse("v_post += 1; delay += 0.4*ms", [0, 4, 9])
    S.delay = 0.7 * ms
    net.run(1 * ms)
    net.store()
    net.run(3 * ms)
    straight = arrived(M), S.delay[:]
    assert straight[0] == [7, 11, 20]
    net.restore()
    net.run(3 * ms)
    assert (arrived(M), S.delay[:]) == straight


def test_a_paused_pathway_lets_spikes_set_out(backend):
    net, S, M = one_synapse("v_post += 1; delay += 0*ms", [0, 3, 9])
    S.delay = 0.8 * ms
    net.run(0.1 * ms)
    S.active = False
    net.run(0.9 * ms)
    S.active = True
    net.run(1 * ms)
    assert arrived(M) == [11, 17]  # that of step 8 was due while it was paused


def test_delays_that_code_may_not_set_are_refused():
    net, S, _ = one_synapse("v_post += 1; delay -= 0.2*ms", [0, 3, 6, 9])
    S.delay = 0.3 * ms
    with pytest.raises(ModelValueError, match="code has set a delay to -300"):
        net.run(2 * ms)
    net, *_ = one_synapse("v_post += 1; delay += 1*ms", [0], delay=1 * ms)
    with pytest.raises(ModelTypeError, match=r"given as one for all synapses\. Leave out delay="):
        net.run(1 * ms)


def test_spikes_survive_a_longer_dt_after_a_late_change_of_delays(backend):
    """Delays of step 12 on are counted from a step that the longer steps have not reached."""
    net, S, _ = one_synapse("v_post += 1", [13])
    S.delay = 0.2 * ms
    net.run(1.2 * ms)
    S.delay = 0.3 * ms
    net.run(0.2 * ms)
    defaultclock.dt = 0.2 * ms
    net.run(0.8 * ms)
    assert S.target.v[0] == 1


@pytest.mark.parametrize("kind", ["one", "each"])
@pytest.mark.parametrize("in_file", [False, True])
def test_a_checkpoint_keeps_what_is_under_way_with_delays_of_before(
    backend, tmp_path, kind, in_file
):
    """Spikes at 0 with 1 ms, at 0.5 ms with 0.3 ms; then other delays, which hold for none."""
    file = tmp_path / "state" if in_file else None

    def made():
        source = SpikeGeneratorGroup(1, [0, 0], [0, 0.5] * ms, name="kept_source")
        target = NeuronGroup(2, "v : 1", name="kept_target")
        S = Synapses(source, target, on_pre="v_post += 1", name="kept_synapses")
        S.connect()
        M = StateMonitor(target, "v", record=True, when="end", name="kept_monitor")
        return Network(source, target, S, M), S, M

    net, S, M = made()
    S.delay = 1 * ms if kind == "one" else [1, 1.2] * ms
    net.run(0.3 * ms)
    S.delay = 0.3 * ms
    net.run(0.3 * ms)
    S.delay = 5 * ms if kind == "one" else [5, 6] * ms  # no run knows of it yet
    net.store(filename=file)
    if in_file:
        net, S, M = made()
    else:
        net.run(0.5 * ms)
    net.restore(filename=file)
    S.delay = 4 * ms
    net.run(1 * ms)
    second = 10 if kind == "one" else 12
    arrivals = [np.flatnonzero(np.diff(v, prepend=0)).tolist() for v in M.v]
    assert arrivals == [[8, 10], [8, second]]
