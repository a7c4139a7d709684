"""Synapses against brute force."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rheobase import (
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    mV,
    seed,
)


def quiet(n):
    return NeuronGroup(n, "v : 1\nk : integer", threshold="v > 10", reset="v = 0")


def pairs(S):
    return list(zip(S.i[:].tolist(), S.j[:].tolist()))


CONDITIONS = {
    "i != j": lambda i, j: i != j,
    "i < 3 and j % 2 == 0": lambda i, j: i < 3 and j % 2 == 0,
    "abs(i - j) <= 1": lambda i, j: abs(i - j) <= 1,
    "k_pre == k_post": lambda i, j: i % 3 == j % 3,
    "k_pre > 1": lambda i, j: i % 3 > 1,
    "True": lambda i, j: True,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_connect_the_pairs_for_which_they_hold(condition):
    source, target = quiet(7), quiet(5)
    source.k = "i % 3"
    target.k = "i % 3"
    S = Synapses(source, target)
    S.connect(condition)
    expected = [(i, j) for i in range(7) for j in range(5) if CONDITIONS[condition](i, j)]
    assert pairs(S) == expected


GENERATORS = {
    "k for k in range(i, i + 3)": lambda i: range(i, i + 3),
    "k for k in range(0, 9, 2) if k != i": lambda i: [k for k in range(0, 9, 2) if k != i],
    "(i + 2*k) % 10 for k in range(5)": lambda i: [(i + 2 * k) % 10 for k in range(5)],
    "9 - i": lambda i: [9 - i],
    "i if i % 2 == 0": lambda i: [i] if i % 2 == 0 else [],
    "k for k in range(8, 2, -2)": lambda i: range(8, 2, -2),
    "k for k in sample(10, p=1)": lambda i: range(10),
    "k for k in sample(10, p=0)": lambda i: [],
}


@pytest.mark.parametrize("side", ["j", "i"])
@pytest.mark.parametrize("generator", GENERATORS)
def test_generators_make_what_their_python_form_makes(generator, side):
    G = quiet(10)
    S = Synapses(G, G)
    text = generator if side == "j" else generator.replace("i", "j").replace("jn ", "in ")
    text = text.replace("jf ", "if ")
    S.connect(**{side: text}, skip_if_invalid=True)
    expected = [(i, k) for i in range(10) for k in GENERATORS[generator](i) if 0 <= k < 10]
    if side == "i":
        expected = [(k, j) for j, k in expected]
    assert sorted(pairs(S)) == sorted(expected)


def test_p_connects_that_fraction_of_pairs_independently():
    seed(2)
    G = quiet(300)
    S = Synapses(G, G)
    S.connect("i != j", p=0.1)
    n = 300 * 299
    assert abs(len(S) - 0.1 * n) < 4 * np.sqrt(n * 0.1 * 0.9)
    assert len(set(pairs(S))) == len(S)
    assert all(i != j for i, j in pairs(S))
    counts = np.bincount(S.j[:], minlength=300)
    assert abs(np.var(counts) / (299 * 0.09) - 1) < 0.5


def test_p_may_depend_on_the_pair():
    seed(2)
    G = quiet(200)
    S = Synapses(G, G)
    S.connect(p="0.5*(i < 100) + 0.1*(j < 50)*(i >= 100)")
    i, j = S.i[:], S.j[:]
    low = (i >= 100) & (j < 50)
    assert abs((i < 100).sum() - 10000) < 4 * np.sqrt(5000)
    assert abs(low.sum() - 500) < 4 * np.sqrt(450)
    assert ((i < 100) | low).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the backend may stay
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30), st.data())
def test_index_arrays_keep_the_order_of_the_user(backend, wanted, data):
    source, target = quiet(6), quiet(4)
    S = Synapses(source, target, "w : 1")
    cut = data.draw(st.integers(0, len(wanted)))
    for part in (wanted[:cut], wanted[cut:]):
        S.connect(i=np.array([p[0] for p in part], int), j=np.array([p[1] for p in part], int))
        S.w = "w + 10*i + j"
    assert pairs(S) == wanted
    weights = [(10 * i + j) * (2 if k < cut else 1) for k, (i, j) in enumerate(wanted)]
    assert_allclose(S.w[:], weights)
    assert_allclose(S.w["i > 2"], [w for w, (i, _) in zip(weights, wanted) if i > 2])
    assert_allclose(S.w[3, :], [w for w, (i, _) in zip(weights, wanted) if i == 3])


def test_n_makes_several_synapses_of_a_pair():
    G = quiet(3)
    S = Synapses(G, G)
    S.connect("i == j", n="i")
    assert pairs(S) == [(1, 1), (2, 2), (2, 2)]


# ------------------------------------------------------------------ events
def spike_trains(n, steps, rng):
    """A group that spikes at random steps, given in advance: (group, spikes (steps, n))."""
    spikes = rng.random((steps, n)) < 0.2
    code = " or ".join(f"(i == {k} and t_in_timesteps == {s})" for s, k in zip(*np.nonzero(spikes)))
    return NeuronGroup(n, "v : 1", threshold=code or "False", reset=""), spikes


@pytest.mark.parametrize("delay", [0, 1, 3, 7])
def test_every_spike_arrives_once_after_its_delay(delay):
    rng = np.random.default_rng(delay)
    source, spikes = spike_trains(6, 20, rng)
    target = NeuronGroup(4, "v : 1")
    S = Synapses(source, target, "w : 1", on_pre="v_post += w", delay=delay * 0.1 * ms)
    S.connect("(i + j) % 3 != 0")
    S.w = "1 + i + 10*j"
    M = StateMonitor(target, "v", record=True, when="end")
    Network(source, target, S, M).run(2 * ms)
    W = np.array([[(1 + i + 10 * j) * ((i + j) % 3 != 0) for j in range(4)] for i in range(6)])
    arriving = np.vstack([np.zeros((delay, 6)), spikes])[:20]
    assert_allclose(M.v, np.cumsum(arriving @ W, axis=0).T)


def test_spikes_under_way_survive_the_end_of_a_run_and_a_change_of_dt():
    source = NeuronGroup(1, "v : 1", threshold="t_in_timesteps == 2", reset="")
    target = NeuronGroup(1, "v : 1")
    S = Synapses(source, target, on_pre="v_post += 1", delay=1 * ms)
    S.connect()
    net = Network(source, target, S)
    net.run(0.5 * ms)
    from rheobase import defaultclock

    defaultclock.dt = 0.05 * ms
    net.run(0.7 * ms)  # until the step before the spike arrives, at 1.2 ms
    assert target.v[0] == 0
    net.run(0.1 * ms)
    assert target.v[0] == 1


def test_postsynaptic_events_run_for_the_synapses_of_their_neuron():
    source, target = quiet(3), NeuronGroup(2, "v : 1", threshold="i == 1 and t < dt/2", reset="")
    S = Synapses(source, target, "w : 1", on_post="w += 1 + i; v_pre += j")
    S.connect(i=[2, 0, 1, 0], j=[1, 1, 0, 0])
    Network(source, target, S).run(1 * ms)
    assert_allclose(S.w[:], [3, 1, 0, 0])
    assert_allclose(source.v[:], [1, 0, 1])


def test_synapses_do_not_reach_refractory_variables():
    """Recorded from Brian 2.9.0 with the same script."""
    source = NeuronGroup(1, "v : 1", threshold="t < 0.35*ms", reset="")
    target = NeuronGroup(
        1, "dv/dt = 0/ms : 1 (unless refractory)\nu : 1", threshold="v > 0.5", refractory=1 * ms
    )
    S = Synapses(source, target, on_pre="v_post += 1; u_post += 1")
    S.connect()
    Network(source, target, S).run(1 * ms)
    assert target.u[0] == 4
    assert target.v[0] == 1  # it spikes at 0.1 ms, before the second spike reaches it


def test_pathways_run_in_order_and_by_name():
    source, target = quiet(1), NeuronGroup(1, "v : 1")
    source.v = 11
    S = Synapses(source, target, on_pre={"b": "v_post = 2*v_post", "a": "v_post += 3"})
    S.connect()
    Network(source, target, S).run(0.1 * ms)
    assert target.v[0] == 6


def test_many_small_networks_do_not_disturb_each_other():
    counts = []
    for k in range(3):
        G = NeuronGroup(2, "dv/dt = 1/ms : 1", threshold="v > 1", reset="v = 0")
        S = Synapses(G, G, on_pre="v_post += 0.1*k", namespace={"k": k})
        S.connect("i != j")
        M = SpikeMonitor(G)
        Network(G, S, M).run(10 * ms)
        counts.append(M.num_spikes)
    assert counts[0] == 18
    assert counts == sorted(counts)


# ------------------------------------------------------------------ what goes wrong
def test_generated_targets_outside_the_group_are_refused():
    G = quiet(3)
    S = Synapses(G, G)
    with pytest.raises(IndexError, match=r"i = 0, j = -1.*skip_if_invalid"):
        S.connect(j="i - 1")
    with pytest.raises(IndexError, match="j = 3"):
        S.connect(i=[0], j=[3])
    S.connect(j="i - 1", skip_if_invalid=True)
    assert pairs(S) == [(1, 0), (2, 1)]


def test_unconnected_synapses_are_refused_at_the_run():
    G = quiet(3)
    S = Synapses(G, G, on_pre="v += 1")
    net = Network(G, S)
    with pytest.raises(ModelTypeError, match="never connected"):
        net.run(1 * ms)
    S.connect(False)
    net.run(1 * ms)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"condition": "i +"}, ModelSyntaxError, "connect"),
        ({"condition": "i + j"}, ModelTypeError, "true or false"),
        ({"j": "i/2"}, ModelTypeError, "whole number"),
        ({"condition": "i == j", "i": [1]}, ModelValueError, "not both"),
        ({"p": 1.5}, ModelValueError, "between 0 and 1"),
        ({"j": "k for k in something(3)"}, ModelSyntaxError, "range"),
        ({"i": [0.5], "j": [1]}, ModelTypeError, "whole numbers"),
    ],
)
def test_calls_of_connect_that_make_no_sense_are_refused(arguments, error, message):
    G = quiet(3)
    S = Synapses(G, G)
    with pytest.raises(error, match=message):
        S.connect(**arguments)
    assert len(S) == 0


def test_weights_before_connect_are_refused():
    G = quiet(3)
    S = Synapses(G, G, "w : volt")
    with pytest.raises(ModelTypeError, match="call connect"):
        S.w = 3 * mV


def test_views_take_a_new_axis_as_arrays_do() -> None:
    """matplotlib asks for y[:, None]: plot(S.x_pre, S.w) draws without [:]."""
    cells = NeuronGroup(3, "v : 1", threshold="v > 1", reset="v = 0")
    cells.v = "i"
    synapses = Synapses(cells, cells, "w : 1")
    synapses.connect(j="i")
    synapses.w = "i*10"
    assert cells.v[:, None].tolist() == [[0], [1], [2]]
    assert synapses.w[None, :].tolist() == [[0, 10, 20]]


def test_variables_of_chosen_synapses_are_not_set_through_the_choice():
    """S[0, :].w = ... would set nothing."""
    group = NeuronGroup(3, "v : 1")
    synapses = Synapses(group, group, "w : 1")
    synapses.connect()
    with pytest.raises(AttributeError, match=r"write S\.w\[\.\.\.\] = "):
        synapses[0, :].w = 3
    synapses.w[0, :] = 3
    assert synapses.w[:].tolist() == [3.0] * 3 + [0.0] * 6
