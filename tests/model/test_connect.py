"""connect() against its Python form, pair for pair and in order."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    StateMonitor,
    Synapses,
    ms,
    seed,
)

BACKEND_STAYS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def group(n):
    G = NeuronGroup(n, "k : integer\nx : 1")
    G.k = "i % 3"
    return G


def pairs(S):
    return list(zip(S.i[:].tolist(), S.j[:].tolist()))


numbers = st.integers(-2, 7)


@BACKEND_STAYS
@given(st.integers(1, 6), st.integers(1, 6), numbers, numbers, st.sampled_from([1, 2, -1, -3]))
def test_ranges_are_those_of_python(backend, n_pre, n_post, low, high, step):
    """With every bound as data: one kernel for all of them."""
    S = Synapses(group(n_pre), group(n_post))
    names = {"low": low, "high": high, "step": step}
    S.connect(j="q for q in range(low + i, high, step)", skip_if_invalid=True, namespace=names)
    expected = [(i, q) for i in range(n_pre) for q in range(low + i, high, step) if 0 <= q < n_post]
    assert pairs(S) == expected


@BACKEND_STAYS
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 5), st.integers(0, 3))
def test_a_condition_goes_over_sources_then_targets_with_n_copies(backend, n_pre, n_post, a, n):
    source, target = group(n_pre), group(n_post)
    S = Synapses(source, target)
    S.connect("i + k_post >= a and j != i", n=n, namespace={"a": a})
    expected = [
        (i, j)
        for i in range(n_pre)
        for j in range(n_post)
        if i + j % 3 >= a and j != i
        for _ in range(n)
    ]
    assert pairs(S) == expected


@BACKEND_STAYS
@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 4))
def test_conditions_may_use_the_other_side_where_its_index_is_computed(backend, n, m, shift):
    source, target = group(n), group(m)
    S = Synapses(source, target)
    text = "(2*i + q + shift) % N_post for q in range(3) if k_post == k_pre or x_post > 3"
    target.x = "i"
    S.connect(j=text, namespace={"shift": shift})
    expected = [
        (i, j)
        for i in range(n)
        for q in range(3)
        for j in [(2 * i + q + shift) % m]
        if j % 3 == i % 3 or j > 3
    ]
    assert pairs(S) == expected


def test_a_generator_of_sources_goes_over_targets_first():
    S = Synapses(group(4), group(3))
    S.connect(i="j + q for q in range(2) if k_pre != 1")
    assert pairs(S) == [(j + q, j) for j in range(3) for q in range(2) if (j + q) % 3 != 1]


def test_whole_powers_are_indices():
    S = Synapses(group(6), group(6))
    S.connect(j="(i + (-1)**q) % N_post for q in range(2)")
    assert pairs(S) == [(i, (i + (-1) ** q) % 6) for i in range(6) for q in range(2)]


# ------------------------------------------------------------------ samples of a size
@pytest.mark.parametrize("size", ["0", "1", "5", "i", "N_post"])
def test_a_sample_of_a_size_has_that_many_different_targets_in_order(size):
    S = Synapses(group(8), group(8))
    S.connect(j=f"q for q in sample(N_post, size={size})")
    for i in range(8):
        targets = S.j[S.i[:] == i]
        assert len(targets) == {"i": i, "N_post": 8}.get(size, 0) or len(targets) == int(size)
        assert (np.diff(targets) > 0).all()


@pytest.mark.parametrize(
    ("bounds", "candidates"), [("2, 20, 3", range(2, 20, 3)), ("19, 1, -2", range(19, 1, -2))]
)
def test_samples_choose_from_ranges_of_any_step(bounds, candidates):
    S = Synapses(group(30), group(20))
    S.connect(j=f"q for q in sample({bounds}, size=4)")
    order = {q: n for n, q in enumerate(candidates)}
    for i in range(30):
        chosen = [order[q] for q in S.j[S.i[:] == i].tolist()]
        assert len(chosen) == 4
        assert chosen == sorted(set(chosen))


def test_every_candidate_is_as_likely_to_be_in_a_sample():
    seed(3)
    S = Synapses(group(4000), group(10))
    S.connect(j="q for q in sample(N_post, size=3)")
    counts = np.bincount(S.j[:], minlength=10)
    assert abs(counts - 1200).max() < 4 * np.sqrt(4000 * 0.3 * 0.7)
    both = sum({2, 7} <= set(row) for row in S.j[:].reshape(-1, 3).tolist())
    assert abs(both - 4000 * (3 * 2) / (10 * 9)) < 4 * np.sqrt(4000 / 15)


def test_a_sample_that_is_too_large_is_refused_or_clamped():
    S = Synapses(group(3), group(4))
    with pytest.raises(IndexError, match=r"choose 5 candidates for i = 1.*skip_if_invalid"):
        S.connect(j="q for q in sample(N_post, size=i + 4)")
    with pytest.raises(IndexError, match="less than none"):
        S.connect(j="q for q in sample(N_post, size=i - 1)")
    S.connect(j="q for q in sample(N_post, size=6*i - 6)", skip_if_invalid=True)
    assert pairs(S) == [(2, j) for j in range(4)]


# ------------------------------------------------------------------ lists of pairs
def test_index_arrays_and_numbers_fit_together_as_numpy_arrays_do():
    S = Synapses(group(5), group(5))
    S.connect(i=2, j=[0, 1])
    S.connect(i=[[0], [1]], j=[3, 4])
    S.connect(i=[1, 2], j=0, n=[2, 0])
    assert pairs(S) == [(2, 0), (2, 1), (0, 3), (0, 4), (1, 3), (1, 4), (1, 0), (1, 0)]


def test_p_and_n_may_be_code_for_listed_pairs():
    seed(1)
    S = Synapses(group(100), group(100))
    i, j = (x.reshape(-1) for x in np.meshgrid(np.arange(100), np.arange(100), indexing="ij"))
    S.connect(i=i, j=j, p="0.5*(k_pre == 0)", n="1 + (j < 50)")
    assert (S.i[:] % 3 == 0).all()
    made = set(pairs(S))
    assert abs(len(made) - 1700) < 4 * np.sqrt(850)
    assert len(S) == sum(1 + (b < 50) for _, b in made)


def test_objects_with_indices_stand_for_them():
    class Chosen:
        def _indices(self):
            return np.array([1, 3])

    S = Synapses(group(5), group(5))
    S.connect(i=Chosen(), j=0)
    assert pairs(S) == [(1, 0), (3, 0)]


def test_tables_make_synapses_with_their_values():
    table = np.array([(1, 2, 0.5), (0, 1, 1.5)], [("i", "i4"), ("j", "i4"), ("w", "f8")])
    S = Synapses(group(3), group(3), "w : 1")
    S.connect(table=table)
    S.connect(table=table[:1])
    assert pairs(S) == [(1, 2), (0, 1), (1, 2)]
    assert_allclose(S.w[:], [0.5, 1.5, 0.5])
    with pytest.raises(ModelTypeError, match="columns"):
        S.connect(table=[1, 2])


def test_sparse_matrices_make_a_synapse_for_each_entry():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random(6, 5, 0.4, random_state=1, format="csc")
    S = Synapses(group(6), group(5), "w : 1")
    S.connect(table=matrix, values="w")
    dense = np.zeros((6, 5))
    dense[S.i[:], S.j[:]] = S.w[:]
    assert_allclose(dense, matrix.toarray())
    assert len(S) == matrix.nnz


# ------------------------------------------------------------------ before, and what goes wrong
def test_a_dry_run_leaves_random_numbers_as_they_are():
    made = []
    for dry in (True, False):
        seed(5)
        S = Synapses(group(20), group(20))
        if dry:
            S.connect("i != j", p=0.2, dry_run=True)
        S.connect("i != j", p=0.2)
        made.append(pairs(S))
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"condition": 3}, ModelTypeError, "is a text such as"),
        ({"condition": "i < j", "n": 0.5}, ModelTypeError, "n must be a whole number"),
        ({"i": [1, 2], "j": "q for q in range(3)"}, ModelTypeError, "do not give the other"),
        ({"i": [1, 2, 3], "j": [1, 2]}, ModelValueError, "do not fit together"),
        ({"i": [1, 2]}, ModelValueError, "come in pairs"),
        ({"j": "q for q in range(k_post)"}, ModelValueError, "cannot decide which candidates"),
        ({"condition": "N_incoming < 3"}, ModelValueError, "while they are made"),
        ({"j": "q for q in range(3)", "p": 0.5}, ModelValueError, "sample"),
    ],
)
def test_calls_that_make_no_sense_are_refused(arguments, error, message):
    S = Synapses(group(4), group(4))
    with pytest.raises(error, match=message):
        S.connect(**arguments)
    assert len(S) == 0


# ------------------------------------------------------------------ indices, counts, parts
def test_copies_of_a_pair_are_counted():
    S = Synapses(group(3), group(3), "w : 1", multisynaptic_index="c")
    S.connect(i=[2, 0, 2, 2], j=[1, 0, 1, 0])
    S.connect(i=2, j=1)
    assert_array_equal(S.c[:], [0, 0, 1, 0, 2])
    S.w = "10*i + j + 100*c"
    assert_allclose(S.w[2, 1, 1:], [121, 221])
    assert_allclose(S.w["c == 2"], [221])
    with pytest.raises(IndexError, match="by number, by"):
        S.w[0, 0, 0, 0]


def test_neurons_know_how_many_synapses_they_have():
    S = Synapses(group(3), group(4), "w : 1")
    S.connect("j > i")
    assert_array_equal(S.N_outgoing_pre, [3, 2, 1])
    assert_array_equal(S.N_incoming_post, [0, 1, 2, 3])
    S.w = "1.0/N_incoming"
    assert_allclose(np.bincount(S.j[:], S.w[:], 4), [0, 1, 1, 1])
    S.connect(i=0, j=0)
    assert S.N_incoming_post[0] == 1
    assert_array_equal(S.k_post[:], S.j[:] % 3)


def test_synapses_of_parts_are_numbered_within_the_parts():
    G = group(10)
    S = Synapses(G[2:6], G[[1, 9, 4]], "x_syn : 1")
    S.connect("k_pre == k_post")
    chosen = [1, 9, 4]
    expected = [(i, j) for i in range(4) for j in range(3) if (i + 2) % 3 == chosen[j] % 3]
    assert pairs(S) == expected
    S.x_syn = "i + 10*j"
    assert_allclose(S.x_syn[:], [i + 10 * j for i, j in expected])
    assert_allclose(S.x_syn[G[3:5], :], [i + 10 * j for i, j in expected if i in (1, 2)])


def test_the_number_of_neurons_is_that_of_the_part():
    """Also where the part is a list of neurons with others between them."""
    G = group(10)
    S = Synapses(G[[2, 7]], G[[0, 5, 9]])
    assert (S.N_pre, S.N_post) == (2, 3)
    S.connect(j="q for q in range(N_post) if q >= N_pre - 1")
    assert pairs(S) == [(i, q) for i in range(2) for q in (1, 2)]


@pytest.mark.parametrize("text", ["i + 3 if k_post == 1", "q for q in range(5) if k_post == 1"])
def test_a_condition_on_a_neuron_that_is_absent_does_not_hide_it(text):
    """Its variables have no values: the pair is refused or skipped, whatever the condition says."""
    S = Synapses(group(3), group(4))
    with pytest.raises(IndexError, match="has only 4 elements"):
        S.connect(j=text)
    S.connect(j=text, skip_if_invalid=True)
    assert (S.j[:] % 3 == 1).all()
    S = Synapses(group(3), group(4))
    S.connect(j="q for q in range(5) if q < 4")  # this one says which neurons there are
    assert len(S) == 12


def test_a_sample_of_a_size_is_not_taken_where_the_condition_excludes_the_neuron():
    S = Synapses(group(4), group(4))
    S.connect(j="q for q in sample(N_post, size=i - 1) if i > 1")
    assert_array_equal(S.i[:], [2, 3, 3])


@pytest.mark.parametrize(
    ("on_post", "bytes_each"), [("w += v_post", 14), ("w += v_pre", 16), ("w += i", 16)]
)
def test_sources_stand_by_target_only_where_the_code_looks_at_them(on_post, bytes_each):
    """2 bytes a synapse less, and the same result."""
    G = NeuronGroup(3, "v : 1", threshold="v > 2", reset="")
    G.v = [1, 3, 5]
    S = Synapses(G, G, "w : 1", on_post=on_post)
    S.connect(i=[2, 0, 1, 0], j=[1, 2, 1, 0])
    assert S.connect(j="i", dry_run=True).bytes_each == bytes_each + 4  # the order of all
    Network(G, S).run(0.1 * ms)
    value = {"w += v_post": G.v[S.j[:]], "w += v_pre": G.v[S.i[:]], "w += i": S.i[:]}[on_post]
    assert_allclose(S.w[:], np.where(G.v[S.j[:]] > 2, value, 0))


@pytest.mark.parametrize("form", ["part", "arrays", "generator"])
@pytest.mark.parametrize("n", [65_536, 65_537])
def test_targets_take_two_bytes_where_their_numbers_fit(backend, n, form):
    """The last neuron is reached, by events of both sides, however its number is stored."""
    source = NeuronGroup(3, "v : 1", threshold="i > 0", reset="")
    target = NeuronGroup(n, "v : 1", threshold="i == N - 1", reset="")
    S = Synapses(source, target[n - 4 :] if form == "part" else target, "w : 1",
                 on_pre="v_post += 10**i", on_post="w += 1 + i")  # fmt: skip
    if form == "part":
        S.connect("j > 1")
    elif form == "arrays":
        S.connect(i=[2, 0, 1, 2, 1, 0], j=[n - 1, n - 1, n - 1, n - 2, n - 2, n - 2])
    else:
        S.connect(j="k for k in range(N_post - 2, N_post)")
    Network(source, target, S).run(0.1 * ms)
    assert S._connections.targets.data.itemsize == (2 if n == 65_536 else 4)
    assert_array_equal(target.v[n - 3 :], [0, 110, 110])
    assert_array_equal(target.v[: n - 3], 0)
    last = np.asarray(S.j[:]) == (3 if form == "part" else n - 1)
    assert_array_equal(S.w[:], np.where(last, 1 + S.i[:], 0))
    assert_array_equal(S.N_incoming_post[-3:], [0, 3, 3])


def test_a_text_may_read_the_variable_that_it_sets():
    S = Synapses(group(3), group(3), "w : 1\nb : boolean\nm : integer")
    S.connect(i=[2, 0, 2, 1], j=[1, 2, 0, 1])
    S.w, S.m = "10*i + j", "2*j"
    S.w, S.m, S.b = "w*w + 1", "m + i", "w > 100"
    w = (10 * S.i[:] + S.j[:]) ** 2 + 1
    assert_allclose(S.w[:], w)
    assert_array_equal(S.m[:], 2 * S.j[:] + S.i[:])
    assert_array_equal(S.b[:], w > 100)


def test_some_synapses_can_be_recorded():
    S = Synapses(group(3), group(3), "dw/dt = 1/ms : 1 (clock-driven)")
    S.connect()
    M = StateMonitor(S, "w", record=S[1, :])
    S.w = "j"
    Network(S.source, S.target, S, M).run(0.3 * ms)
    assert_array_equal(M.indices, [3, 4, 5])
    assert_allclose(M[S[1, 2]].w[0], [2, 2.1, 2.2])
