"""A subgroup wherever a group may stand, against the same said with the whole group and a mask.

Each test builds the model twice: with a subgroup of chosen elements, and with the whole group where
`member` and `number` say which elements belong, under which number.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    Network,
    NeuronGroup,
    PoissonInput,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    StatisticsMonitor,
    Synapses,
    linked_var,
    ms,
)

N = 12
CHOICES = {
    "slice": slice(3, 9),
    "step": slice(1, None, 3),
    "numbers": [7, 2, 10, 3],
    "mask": np.arange(N) % 4 != 1,
    "one": [5],
}
chosen_elements = pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)


def cells(name: str = "cells*", chosen=slice(0, 0)) -> NeuronGroup:
    """A group whose cells spike in turn; `member` and `number` describe a choice of them."""
    G = NeuronGroup(
        N,
        "x : 1\ny : 1\nz : 1\ntwice = 2*x : 1\nmember : boolean\nnumber : integer",
        threshold="(i + t_in_timesteps) % 5 == 0",
        reset="y += 1",
        name=name,
    )
    G.x = "1 + 0.1*i"
    numbers = np.arange(N)[chosen]
    G.number = -1
    G.number[numbers] = np.arange(len(numbers))
    G.member = np.isin(np.arange(N), numbers)
    return G


def pairs(S: Synapses, first=None, second=None) -> list[tuple[int, int]]:
    """(i, j) of each synapse, as the whole groups count."""
    i = S.i[:] if first is None else np.arange(N)[first][S.i[:]]
    j = S.j[:] if second is None else np.arange(N)[second][S.j[:]]
    return sorted(zip(i.tolist(), j.tolist()))


@chosen_elements
@pytest.mark.parametrize(
    ("condition", "whole"),
    [
        ("i != j", "number_pre != number_post"),
        ("i + 2*j < 5", "number_pre + 2*number_post < 5"),
        ("x_pre < x_post", "x_pre < x_post"),
        ("i < N_pre - 1", "number_pre < n - 1"),
    ],
)
def test_conditions_of_connect_count_in_the_subgroups(chosen, condition, whole):
    n = len(np.arange(N)[chosen])  # noqa: F841 (a name of the conditions)
    G = cells(chosen=chosen)
    S = Synapses(G[chosen], G[chosen])
    S.connect(condition)
    T = Synapses(G, G)
    T.connect(f"member_pre and member_post and ({whole})")
    assert pairs(S, chosen, chosen) == pairs(T)


@chosen_elements
@pytest.mark.parametrize(
    "generator",
    ["k for k in range(N_post)", "(i + 1) % N_post", "k for k in range(i, i + 2) if k < N_post"],
)
def test_generators_of_connect_count_in_the_subgroups(chosen, generator):
    numbers = np.arange(N)[chosen]
    n = len(numbers)
    G = cells()
    S = Synapses(G[chosen], G[chosen])
    S.connect(j=generator, skip_if_invalid=True)
    small = NeuronGroup(n, "")
    T = Synapses(small, small)
    T.connect(j=generator, skip_if_invalid=True)
    assert_array_equal(S.i[:], T.i[:])
    assert_array_equal(S.j[:], T.j[:])


@chosen_elements
@pytest.mark.parametrize("delay", ["0*ms", "0.3*ms", "(0.1 + 0.1*(j % 3))*ms"])
def test_spikes_of_a_subgroup_reach_those_of_another(chosen, delay):
    """Both pathways, variables of both sides, homogeneous delays and others."""
    code = {
        "model": "w : 1",
        "on_pre": "x_post += w; w += 0.01*x_pre",
        "on_post": "y_pre += w",
    }
    runs: list[NeuronGroup] = []
    for whole in (False, True):
        G = cells("pre*", chosen)
        H = cells("post*", chosen)
        source, target = (G, H) if whole else (G[chosen], H[chosen])
        S = Synapses(source, target, **code)
        S.connect("member_pre and member_post")
        S.w = "1 + 0.1*i + 0.01*j" if not whole else "1 + 0.1*number_pre + 0.01*number_post"
        S.pre.delay = delay if not whole else delay.replace("j", "number_post")
        Network(G, H, S).run(1.5 * ms)
        runs += [G, H]
    for part, all_of_it in zip(runs[:2], runs[2:]):
        assert_allclose(part.x[:], all_of_it.x[:], rtol=1e-13)
        assert_allclose(part.y[:], all_of_it.y[:], rtol=1e-13)


@chosen_elements
def test_summed_variables_of_a_subgroup_leave_the_others_alone(chosen):
    G, H = cells("pre*"), cells("post*")
    H.z = -7
    S = Synapses(G[chosen], H[chosen], "z_post = x_pre*(1 + i) : 1 (summed)")
    S.connect("i != j")
    Network(G, H, S).run(0.1 * ms)
    numbers = np.arange(N)[chosen]
    n = len(numbers)
    expected = np.full(N, -7.0)
    terms = (1 + 0.1 * numbers) * (1 + np.arange(n))
    expected[numbers] = terms.sum() - terms
    assert_allclose(H.z[:], expected, rtol=1e-13, atol=1e-13)


@chosen_elements
def test_a_poisson_input_reaches_the_subgroup_only(chosen):
    G = cells(chosen=chosen)
    P = PoissonInput(G[chosen], "z", N=400, rate=1000 * rb.Hz, weight=1)
    Network(G, P).run(2 * ms)
    met = G.z[:]
    assert_array_equal(met[~G.member[:]], 0)
    # 400*0.1*20 = 800 spikes each, sd 27
    assert (abs(met[G.member[:]] - 800) < 6 * 27).all()


@chosen_elements
def test_monitors_of_a_subgroup_record_what_those_of_the_whole_do(chosen):
    numbers = np.arange(N)[chosen]
    G = cells(chosen=chosen)
    part = G[chosen]
    spikes, all_spikes = SpikeMonitor(part, ["x", "y"]), SpikeMonitor(G, ["x", "y"])
    states = StateMonitor(part, ["y", "twice"], record=True)
    all_states = StateMonitor(G, ["y", "twice"], record=True)
    rate, statistics = PopulationRateMonitor(part), StatisticsMonitor(part, "y")
    Network(G, spikes, all_spikes, states, all_states, rate, statistics).run(2 * ms)
    kept = G.member[:][all_spikes.i[:]]
    order = np.lexsort((spikes.i[:], spikes.t_[:]))
    own = G.number[:][all_spikes.i[:][kept]]
    theirs = np.lexsort((own, all_spikes.t_[:][kept]))
    assert len(order) > 0
    for name in ("t_", "x", "y"):
        expected = getattr(all_spikes, name)[:][kept][theirs]
        assert_array_equal(getattr(spikes, name)[:][order], expected)
    assert_array_equal(spikes.i[:][order], own[theirs])
    assert_array_equal(states.y, all_states.y[numbers])
    assert_array_equal(states.twice, all_states.twice[numbers])
    steps = np.round(all_spikes.t_[:][kept] / 1e-4).astype(int)
    per_step = np.bincount(steps, minlength=20)
    assert_allclose(rate.rate_[:] * 1e-4 * len(numbers), per_step, rtol=1e-12)
    assert_allclose(statistics.mean("y"), all_states.y[numbers].mean(axis=1), rtol=1e-12)


@chosen_elements
def test_linked_variables_see_the_elements_of_a_subgroup(chosen):
    numbers = np.arange(N)[chosen]
    G = cells()
    H = NeuronGroup(len(numbers), "l : 1 (linked)\nm : 1 (linked)\nk : integer\nout : 1")
    K = NeuronGroup(3, "l : 1 (linked)")
    H.l = linked_var(G[chosen], "x")
    H.k = "N - 1 - i"
    H.m = linked_var(G[chosen], "twice", index="k")
    K.l = linked_var(G[chosen].x, index=[0, len(numbers) - 1, 0])
    H.run_regularly("out = l + 100*m")
    Network(G, H, K).run(0.1 * ms)
    x = 1 + 0.1 * numbers
    assert_allclose(H.out[:], x + 200 * x[::-1], rtol=1e-13)
    assert_allclose(K.l[:], x[[0, -1, 0]], rtol=1e-13)


@chosen_elements
def test_code_of_a_subgroup_may_draw_use_conditions_and_own_clocks(chosen):
    G = cells(chosen=chosen)
    part = G[chosen]
    part.run_regularly("z = i + 1; y = twice*N", dt=0.2 * ms)
    part.run_at("x = 0.5 + rand()", [0.3] * ms)
    Network(G).run(0.4 * ms)
    member = G.member[:]
    assert_array_equal(G.z[:], np.where(member, G.number[:] + 1, 0))
    assert (G.x[:][member] != (1 + 0.1 * np.arange(N))[member]).all()
    assert_allclose(G.x[:][~member], (1 + 0.1 * np.arange(N))[~member])
    assert len(np.unique(G.x[:][member])) == member.sum()


@chosen_elements
def test_texts_index_and_set_a_subgroup_by_its_own_numbers(chosen):
    numbers = np.arange(N)[chosen]
    G = cells()
    part = G[chosen]
    assert_allclose(part.x["i >= 1 and x > 1.25"], [v for v in (1 + 0.1 * numbers)[1:] if v > 1.25])
    part.z["i % 2 == 0"] = "10*i + N"
    expected = np.zeros(N)
    expected[numbers[::2]] = 10 * np.arange(len(numbers))[::2] + len(numbers)
    assert_array_equal(G.z[:], expected)
    assert_array_equal(part.indices["z > 0"], np.flatnonzero(expected[numbers] > 0))
    assert_array_equal(part["i < 2"].x[:], part.x[:2])
