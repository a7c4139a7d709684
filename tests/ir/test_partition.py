"""Dividing a step among threads: who owns what, which kernels can be divided, where all wait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.ir.domains import (
    Elementwise,
    Events,
    Index,
    Indexed,
    Propagate,
    Push,
    Record,
    Reduce,
    Select,
)
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import Array, Kernel, Linked
from rheobase.ir.partition import bounds, divided_by, partition
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot
from tests.backends.build import Code, event_log, index_list, part, slot


@given(size=st.integers(0, 5000), lanes=st.integers(1, 9))
def test_blocks_are_whole_vectors_that_cover_everything(size, lanes):
    ends = bounds(size, lanes)
    assert ends[0] == 0
    assert ends[-1] == size
    assert (np.diff(ends) >= 0).all()
    inner = ends[1:-1]
    assert all(e % 8 == 0 or e == size for e in inner)
    assert np.diff(ends).max(initial=0) <= size / lanes + 64


# ------------------------------------------------------------------ kernels
def stores(name: str, array: int = 0) -> tuple:
    """array <- array + 1, or as an accumulation."""
    code = Code()
    value = code.load(array) if name == "store" else code.const(1.0)
    code(name, code("add", value, code.const(1.0)), attr=array)
    return tuple(code.ops)


def kernel(domain, *arrays: Array, body=(), results=()) -> Kernel:
    return Kernel("k", domain, arrays, body=body, results=results)


N = 100
ROWS = slot(I64, [0, 2, 4])
OTHERS = slot(I32, [0, 50, 3, 99])


def propagate(side: Index = Index.PRE) -> Propagate:
    return Propagate(Events(index_list([0, 1])), part(0, 2), side, ROWS, OTHERS)


def test_what_writes_its_own_elements_is_divided():
    own = Array(Slot("v", F64, N), Index.OWN)
    for domain in (Elementwise(part(0, N)), Indexed(index_list([1]), part(0, N))):
        assert divided_by(kernel(domain, own, body=stores("store"))) is Index.OWN


@pytest.mark.parametrize("index", [Index.SHARED, Linked(1)])
def test_what_writes_elsewhere_is_done_by_one_lane(index):
    arrays = Array(Slot("v", F64, N), index), Array(Slot("link", I32, N), Index.OWN)
    assert divided_by(kernel(Elementwise(part(0, N)), *arrays, body=stores("store"))) is None


def test_what_reads_other_elements_of_what_it_writes_is_done_by_one_lane():
    v, links = Slot("v", F64, N), Array(Slot("link", I32, N), Index.OWN)
    code = Code()
    code("store", code.load(1), attr=0)
    arrays = Array(v, Index.OWN), Array(v, Linked(2)), links
    body = tuple(code.ops)
    assert divided_by(kernel(Elementwise(part(0, N)), *arrays, body=body)) is None


@pytest.mark.parametrize("side", [Index.PRE, Index.POST])
@pytest.mark.parametrize("written", [Index.PRE, Index.POST])
def test_pathways_are_divided_by_the_side_that_they_write(side, written):
    array = Array(Slot("v", F64, N), written)
    one = kernel(propagate(side), array, body=stores("accumulate"))
    assert divided_by(one) is written


def test_pathways_that_write_both_sides_are_done_by_one_lane():
    arrays = Array(Slot("x", F64, N), Index.PRE), Array(Slot("v", F64, N), Index.POST)
    code = Code()
    for k in range(2):
        code("accumulate", code.const(1.0), attr=k)
    assert divided_by(kernel(propagate(), *arrays, body=tuple(code.ops))) is None


def test_pathways_that_read_the_other_side_of_what_they_write_are_done_by_one_lane():
    v = Slot("v", F64, N)
    code = Code()
    code("accumulate", code.load(1), attr=0)
    arrays = Array(v, Index.POST), Array(v, Index.PRE)
    assert divided_by(kernel(propagate(), *arrays, body=tuple(code.ops))) is None


def test_recording_and_logs_are_done_by_one_lane():
    events = index_list([1])
    record = Record(events, part(0, N), Slot("cursor", I64), ())
    assert divided_by(kernel(record)) is None
    assert divided_by(kernel(Push(events, event_log(8, 4, 1), Slot("step", I64)))) is None


# ------------------------------------------------------------------ waits
def waits(*kernels: Kernel) -> list[bool]:
    return partition([Call(k, 0) for k in kernels]).waits


def test_kernels_that_share_out_an_array_equally_do_not_wait():
    """State update, a spike's effect on the target and the reset touch v of the same neurons."""
    v, events = Slot("v", F64, N), index_list([1], N)
    update = kernel(Elementwise(part(0, N)), Array(v, Index.OWN), body=stores("store"))
    effect = kernel(propagate(), Array(v, Index.POST), body=stores("accumulate"))
    reset = kernel(Indexed(events, part(0, N)), Array(v, Index.OWN), body=stores("store"))
    assert waits(update, effect, reset) == [False, False, False, True]


def test_the_reader_of_a_list_waits_for_it_and_finds_it_whole():
    v, events = Slot("v", F64, N), index_list([], N)
    code = Code()
    code("gt", code.load(0), code.const(0.0))
    select = Select(part(0, N), events)
    find = kernel(select, Array(v, Index.OWN), body=tuple(code.ops), results=(2,))
    reset = kernel(Indexed(events, part(0, N)), Array(v, Index.OWN), body=stores("store"))
    found = partition([Call(find, 0), Call(reset, 0)])
    assert found.waits == [False, True, True]
    assert found.merges == [[], [0], []]


def test_who_reads_all_elements_waits_for_who_writes_them():
    v, w = Slot("v", F64, N), Slot("w", F64, N)
    update = kernel(Elementwise(part(0, N)), Array(v, Index.OWN), body=stores("store"))
    code = Code()
    code("store", code.load(1), attr=0)
    link = Array(Slot("link", I32, N), Index.OWN)
    arrays = Array(w, Index.OWN), Array(v, Linked(2)), link
    reader = kernel(Elementwise(part(0, N)), *arrays, body=tuple(code.ops))
    assert waits(update, reader) == [False, True, True]
    assert waits(reader, update) == [False, True, True]
    other = kernel(
        Elementwise(part(0, N)), *(replace(a, slot=w) for a in update.arrays), body=update.body
    )
    assert waits(update, other) == [False, False, True]


def test_both_pathways_of_a_synapse_leave_it_to_the_owner_of_its_target():
    """On pre by pieces of rows, on post by the events of the lane: no wait between the two."""
    w = Slot("w", F64, 4)
    trace = Array(Slot("trace", F64, N), Index.POST)
    code = Code()
    code("accumulate", code.load(1), attr=0)
    on_pre = kernel(propagate(Index.PRE), Array(w, Index.OWN), trace, body=tuple(code.ops))
    post_rows, pre = slot(I64, [0] + [2] * 60 + [4] * 40), slot(I32, [0, 1, 0, 1])
    domain = Propagate(
        Events(index_list([3])), part(0, N), Index.POST, post_rows, pre, slot(I32, [0, 1, 2, 3])
    )
    on_post = kernel(domain, Array(w, Index.OWN), body=stores("accumulate"))
    assert waits(on_pre, on_post) == [False, False, True]
    clocked = kernel(Elementwise(part(0, 4)), Array(w, Index.OWN), body=stores("store"))
    assert waits(clocked, on_pre) == [False, True, True]


def test_sums_over_synapses_are_divided_by_the_target():
    total = Array(Slot("total", F64, N), Index.POST)
    domain = Reduce(part(0, 2), Index.PRE, ROWS, OTHERS)
    assert divided_by(kernel(domain, total, body=stores("accumulate"))) is Index.POST
