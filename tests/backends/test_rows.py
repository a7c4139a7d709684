"""Rows of synapses that go through long code in vectors: the same as one entry after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.backends.llvm.cuts import cut_rows
from rheobase.backends.llvm.kernels import lanes_of
from rheobase.backends.llvm.rows import in_vectors
from rheobase.backends.llvm.text import Host
from rheobase.ir.domains import Events, Index, Propagate, Reduce
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, U16
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.verify import verify
from tests.backends import BACKENDS
from tests.backends.build import Code, contents, copied, index_list, part, run, slot, synapse_rows

N_PRE, N_POST = 5, 40
HOST = Host(lanes=8, fma=True)


def plastic(side: Index, indirect: bool, pairs: np.ndarray, rng: np.random.Generator) -> Kernel:
    """w = w*x_far + y_near/3; g_far += w; seen_far = w > 1; last_far = number; h_far (F32) += w"""
    far = Index.POST if side is Index.PRE else Index.PRE
    n_far, n_near = (N_POST, N_PRE) if side is Index.PRE else (N_PRE, N_POST)
    code = Code()
    w, x, y = code.load(0), code.load(1), code.load(2)
    w = code("add", code("mul", w, x), code("div", y, code.const(3.0)))
    code.store(0, w)
    code.accumulate(3, w)
    code.store(4, code("gt", w, code.const(1.0)))
    code.store(5, code.load(6, I32))
    code.accumulate(7, code.cast(w, F32))
    arrays = (
        Array(slot(F64, rng.random(len(pairs))), Index.OWN),
        Array(slot(F64, 1 + rng.random(n_far)), far),
        Array(slot(F64, rng.random(n_near)), side),
        Array(slot(F64, rng.random(n_far)), far),
        Array(slot(BOOL, np.zeros(n_far, bool)), far),
        Array(slot(I32, np.zeros(n_far)), far),
        Array(slot(I32, rng.permutation(len(pairs))), Index.OWN),
        Array(slot(F32, rng.random(n_far)), far),
    )
    rows, others, order = synapse_rows(pairs, n_near, side)
    synapses = slot(I32, order) if indirect else None
    domain = Reduce(part(0, n_near), side, rows, others, synapses)
    return Kernel("plastic", domain, arrays, body=tuple(code.ops))


@pytest.mark.parametrize("indirect", [False, True])
@pytest.mark.parametrize("side", [Index.PRE, Index.POST])
@pytest.mark.parametrize("copies", [1, 2, 3, 20])
def test_neurons_that_stand_in_a_row_more_than_once_are_reached_in_order(side, indirect, copies):
    """`copies` synapses of a pair at most: they must not meet in a vector."""
    rng = np.random.default_rng(copies)
    for n in (0, 1, 7, 8, 9, 100, 180):
        chosen = rng.integers(0, N_PRE * N_POST, -(-n // copies))
        pairs = np.repeat(np.stack([chosen // N_POST, chosen % N_POST], axis=1), copies, axis=0)
        rng.shuffle(pairs)
        kernel = plastic(side, indirect, pairs[:n], rng)
        verify(kernel)
        assert lanes_of(kernel, HOST) == 8
        wanted = copied(kernel)
        run(wanted, BACKENDS["numpy one by one"]())
        run(kernel, BACKENDS["llvm"]())
        for met, expected in zip(contents(kernel), contents(wanted), strict=True):
            np.testing.assert_array_equal(met, expected)


@pytest.mark.parametrize("indirect", [False, True])
@pytest.mark.parametrize("side", [Index.PRE, Index.POST])
@pytest.mark.parametrize("first", [0, 3, 40_000])
def test_neurons_that_stand_one_after_the_other_are_reached_like_others(side, indirect, first):
    """All neurons from `first` on, all but some, and two synapses of some pairs; numbers of 2 bytes
    that have no sign."""
    far = Index.POST if side is Index.PRE else Index.PRE
    rng, n = np.random.default_rng(first), 43
    for left_out, twice in (([], []), ([9, 17, 30], []), ([11], [4, 12, 13, 40]), ([0, 42], [7])):
        numbers = np.sort([*np.setdiff1d(np.arange(n), left_out), *twice])
        near, others = np.meshgrid([0, 1, 2], first + numbers, indexing="ij")
        pairs = np.stack([near.ravel(), others.ravel()], axis=1)
        pairs = pairs if side is Index.PRE else pairs[:, ::-1]
        rows, others, order = synapse_rows(pairs, 3, side)
        code = Code()
        w, x = code.load(0), code.load(1)
        w = code("add", code("mul", w, x), code.cast(code("index", attr=far.value, dtype=I64), F64))
        code.store(0, code("min", w, code.load(2)))
        code.accumulate(3, code("mul", w, code.load(2)))
        arrays = (
            Array(slot(F64, rng.random(len(pairs))), Index.OWN),
            Array(slot(F64, rng.random(first + n)), far),
            Array(slot(F64, 1 + rng.random(3)), side),
            Array(slot(F64, rng.random(first + n)), far),
        )
        synapses = slot(I32, order if first else np.arange(len(pairs))) if indirect else None
        domain = Reduce(part(0, 3), side, rows, slot(U16, others.data), synapses)
        kernel = Kernel("dense", domain, arrays, body=tuple(code.ops))
        verify(kernel)
        assert lanes_of(kernel, HOST) == 8
        wanted = copied(kernel)
        run(wanted, BACKENDS["numpy one by one"]())
        run(kernel, BACKENDS["llvm"]())
        for met, expected in zip(contents(kernel), contents(wanted), strict=True):
            np.testing.assert_array_equal(met, expected)


def changed(index: Index, *, also: Index | None = None, name: str = "exp") -> Kernel:
    """Adds something to what `index` reaches; `also` reads it through another index."""
    code = Code()
    x = code.load(0)
    for _ in range(6):
        x = code("mul", x, x)
    if name == "normal":
        x = code("normal", dtype=F64, attr=0)
    code.accumulate(1, x)
    if also is not None:
        code.store(0, code.load(2))
    a = slot(F64, np.zeros(3))
    arrays = (Array(slot(F64, np.zeros(3)), Index.OWN), Array(a, index))
    arrays += () if also is None else (Array(a, also),)
    rows, others, _ = synapse_rows(np.array([[0, 0], [1, 2], [2, 1]]), 3)
    domain = Propagate(Events(index_list([0])), part(0, 3), Index.PRE, rows, others)
    return Kernel("changed", domain, arrays, body=tuple(code.ops))


def test_entries_that_can_see_each_other_do_not_go_together():
    assert in_vectors(changed(Index.POST))
    assert in_vectors(changed(Index.OWN))
    assert not in_vectors(changed(Index.PRE))
    assert not in_vectors(changed(Index.POST, also=Index.PRE))
    assert not in_vectors(changed(Index.SHARED))
    assert not in_vectors(changed(Index.POST, name="normal"))


@given(
    st.lists(st.lists(st.integers(0, 60_000)), max_size=6),
    st.lists(st.integers(0, 60_001), max_size=4),
    st.sampled_from([np.int32, np.uint16]),
)
def test_pieces_of_rows_are_the_entries_between_the_bounds(lists, inner, dtype):
    inner.sort()
    rows = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    others = np.array([k for row in lists for k in sorted(row)], dtype)
    starts = cut_rows(rows, others, inner)
    lanes = len(inner) + 1
    edges = [0, *inner, 100_000]
    for r, row in enumerate(lists):
        for k in range(lanes):
            piece = others[starts[r * lanes + k] : starts[r * lanes + k + 1]]
            wanted = [x for x in sorted(row) if edges[k] <= x < edges[k + 1]]
            assert piece.tolist() == wanted
