"""Parts of groups, against plain indexing of the whole."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    Hz,
    ModelTypeError,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    run,
)

CHOICES = [
    slice(2, 7),
    slice(None, None, 3),
    slice(-4, None),
    [7, 3, 9],
    [4],
    np.arange(10) % 4 == 1,
]


def group(**kwds) -> NeuronGroup:
    G = NeuronGroup(10, "x : 1\ny = 2*x + i : 1\nk : integer", name="whole*", **kwds)
    G.x = "10 + i"
    return G


@pytest.mark.parametrize("chosen", CHOICES)
def test_a_subgroup_shows_what_indexing_the_whole_gives(chosen):
    G = group()
    sub = G[chosen]
    numbers = np.arange(10)[chosen]
    assert len(sub) == len(numbers)
    assert_array_equal(sub.x[:], (10.0 + np.arange(10))[chosen])
    assert_array_equal(sub.y[:], (20.0 + 3 * np.arange(10))[chosen])  # i counts in the whole
    assert_array_equal(sub.i[:], np.arange(len(numbers)))
    assert_array_equal(G.x[sub], sub.x[:])
    assert_array_equal(sub.x["i > 0"], sub.x[1:])


@pytest.mark.parametrize("chosen", CHOICES)
def test_writing_to_a_subgroup_changes_its_elements_only(chosen):
    G = group()
    sub = G[chosen]
    sub.x = "100 + i"
    sub.k[0] = 7
    expected = 10.0 + np.arange(10)
    expected[chosen] = 100 + np.arange(len(sub))
    assert_array_equal(G.x[:], expected)
    assert G.k[:].sum() == 7
    assert G.k[np.arange(10)[chosen][0]] == 7


def test_a_part_of_a_part_counts_from_the_part():
    G = group()
    assert_array_equal(G[2:8][1:3].x[:], [13, 14])
    assert_array_equal(G[[7, 3, 9]][1:].x[:], [13, 19])
    assert G[2:8][1:3].source is G
    assert (G[2:8][1:3].start, G[2:8][1:3].stop) == (3, 5)


@pytest.mark.parametrize("chosen", CHOICES)
def test_code_of_a_subgroup_runs_for_its_elements(chosen):
    G = group()
    G[chosen].run_regularly("x = i")
    run(0.1 * ms)
    expected = 10.0 + np.arange(10)
    expected[chosen] = np.arange(len(np.arange(10)[chosen]))
    assert_array_equal(G.x[:], expected)


@pytest.mark.parametrize("chosen", CHOICES)
def test_a_monitor_of_a_subgroup_records_its_spikes_under_its_numbers(chosen):
    G = NeuronGroup(
        10, "x : 1", threshold="(i + t_in_timesteps) % 3 == 0", reset="x += 1", name="cells*"
    )
    whole, part = SpikeMonitor(G), SpikeMonitor(G[chosen])
    run(2 * ms)
    numbers = list(np.arange(10)[chosen])
    kept = [(t, numbers.index(i)) for t, i in zip(whole.t_, whole.i[:]) if i in numbers]
    met = list(zip(part.t_, part.i[:]))
    assert sorted(met) == sorted(kept)
    assert_array_equal(part.count[:], whole.count[:][chosen])


def test_states_of_a_subgroup_are_recorded():
    G = group()
    M = StateMonitor(G[[7, 3, 9]], ["x", "y"], record=[0, 2])
    run(0.2 * ms)
    assert_array_equal(M.x, [[17, 17], [19, 19]])
    assert_array_equal(M.y, [[41, 41], [47, 47]])


def test_synapses_between_slices_reach_their_neurons_only():
    G = NeuronGroup(10, "x : 1", threshold="t_in_timesteps == 0 and i < 5", reset="", name="pre*")
    H = group()
    S = Synapses(G[3:6], H[6:], on_pre="x_post += 100")
    S.connect("i == j")
    run(0.3 * ms)
    expected = 10.0 + np.arange(10)
    expected[[6, 7]] += 100  # sources 3 and 4 spike, 5 does not
    assert_array_equal(H.x[:], expected)


@pytest.mark.parametrize("chosen", CHOICES)
def test_synapses_of_a_subgroup_know_its_size(chosen):
    n = len(np.arange(10)[chosen])
    S = Synapses(group()[chosen], group()[chosen], "a : 1")
    S.connect(j="k for k in range(N_post)")
    assert len(S) == n * n
    S.a = "N_post + 100*N_pre"
    assert_array_equal(S.a[:], 101 * n)


def test_synapses_of_pairs_that_no_neuron_makes_are_none():
    S = Synapses(group()[:5], group()[7:], "w : 1")
    S.connect()
    S.w = "10*i + j"
    assert_array_equal(S.w[4, -1], [42])
    assert_array_equal(S.w[1, [1, 3]], [11])
    assert len(S.w[:, 3]) == len(S.w[5, :]) == len(S.w[-6, 0]) == 0


@pytest.mark.parametrize(
    ("sides", "code", "doubtful"),
    [
        ("pre", "i + N_pre", ["N_pre", "i"]),
        ("post", "N + N_post", ["N", "N_post"]),
        ("both", "i + j", ["i"]),
        ("post", "j + w + x_pre + x", []),
    ],
)
def test_names_that_mean_two_things_to_a_subgroup_as_index_are_said(sides, code, doubtful, caplog):
    G, H = group(), group()
    S = Synapses(G, H, "w : 1")
    S.connect()
    item = {"pre": (G[2:5], slice(None)), "post": (slice(None), H[4:]), "both": (G[2:5], H[4:])}
    with caplog.at_level("WARNING"):
        S.w[item[sides]] = code
    said = [r for r in caplog.records if r.name.endswith("ambiguous_string_expression")]
    assert [r.getMessage().split("'")[3] for r in said] == doubtful


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        (10, IndexError),
        (slice(10, None), IndexError),
        (slice(3, 2), IndexError),
        ([1, 1], IndexError),
        ([-1, 0], IndexError),
        ([9, 10], IndexError),
        (np.array([True, False]), IndexError),
        ([1.5, 2.5], ModelTypeError),
        (1.0, ModelTypeError),
    ],
)
def test_what_is_no_choice_of_elements_is_refused(chosen, error):
    with pytest.raises(error, match=r"whole.*(elements|subgroup)"):
        group()[chosen]


def test_parts_of_poisson_groups_spike_at_their_rates():
    P = PoissonGroup(10, "i*100*Hz")
    assert_allclose(P[5:8].rates_[:], [500, 600, 700])
    M = SpikeMonitor(P[:1])
    N = SpikeMonitor(P[1:])
    Network(P, M, N).run(100 * ms)
    assert M.num_spikes == 0
    assert N.num_spikes > 200
    assert float(PoissonGroup(2, 3 * Hz)[1:].rates_[0]) == 3


@pytest.mark.parametrize("nothing", ["x > 1", [], np.zeros(4, bool), slice(2, 2)])
def test_a_part_without_elements_is_refused(nothing):
    group = NeuronGroup(4, "x : 1")
    with pytest.raises(IndexError, match="holds none"):
        group[nothing]
