"""Which calls of a step may go ahead of the others."""

from __future__ import annotations

from dataclasses import replace

from rheobase.ir.ahead import ahead_of
from rheobase.ir.domains import (
    Elementwise,
    Events,
    Index,
    Indexed,
    IndexList,
    Propagate,
    Push,
    Python,
    Record,
    Select,
)
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot
from tests.backends.build import Code, event_log, index_list, part, slot

N = 100
V = Slot("v", F64, N)
SPIKES, LOG = index_list([]), event_log(8, 4, 3)
STEP, DELAY = Slot("step", I64), slot(I64, [3])
V_OWN, V_POST = Array(V, Index.OWN), Array(V, Index.POST)


def stores(name: str = "store") -> tuple:
    code = Code()
    code(name, code.const(1.0), attr=0)
    return tuple(code.ops)


def threshold() -> Kernel:
    code = Code()
    chosen = code("gt", code.load(0), code.const(1.0))
    return Kernel(
        "find", Select(part(0, N), SPIKES), (V_OWN,), body=tuple(code.ops), results=(chosen,)
    )


UPDATE = Kernel("update", Elementwise(part(0, N)), (V_OWN,), body=stores())
FIND = threshold()
RESET = Kernel("reset", Indexed(SPIKES, part(0, N)), (V_OWN,), body=stores())
RECORD = Kernel("record", Record(SPIKES, part(0, N), Slot("cursor", I64), ()))
KEEP = Kernel("keep", Push(SPIKES, LOG, STEP))
ROWS, OTHERS = slot(I64, range(N + 1)), slot(I32, range(N))


def arrive(events: Events) -> Kernel:
    domain = Propagate(events, part(0, N), Index.PRE, ROWS, OTHERS)
    return Kernel("arrive", domain, (V_POST,), body=stores("accumulate"))


AT_ONCE = arrive(Events(SPIKES))
LATER = arrive(Events(SPIKES, LOG, DELAY, STEP))


def ahead(*kernels: Kernel) -> list[str]:
    """The names of those that go ahead."""
    found = ahead_of([Call(k, 0) for k in kernels])
    return [] if found is None else [kernels[k].name for k in found.calls]


def test_cells_without_synapses_go_ahead_and_their_spikes_are_recorded_afterwards():
    assert ahead(UPDATE, FIND, RECORD, RESET) == ["update", "find", "reset"]


def test_synapses_with_a_delay_go_ahead_and_bound_the_block():
    calls = [Call(k, 0) for k in (UPDATE, FIND, KEEP, LATER, RESET)]
    found = ahead_of(calls)
    assert found is not None
    assert list(found.calls) == [0, 1, 3, 4]
    assert found.delays == (DELAY,)
    assert found.in_rows


def test_synapses_without_a_delay_keep_all_together():
    assert ahead(UPDATE, FIND, AT_ONCE, RESET) == []


def see(elements: IndexList, index: Index = Index.OWN) -> Kernel:
    """Records v of the elements of a list."""
    code = Code()
    value = code.load(0)
    domain = Record(elements, part(0, N), Slot("cursor", I64), (Slot("column", F64),))
    return Kernel("see", domain, (Array(V, index),), body=tuple(code.ops), results=(value,))


def test_what_is_recorded_of_a_list_is_kept_where_the_list_is_known_and_short():
    few = see(index_list([3, 7]))
    calls = [Call(k, 0) for k in (few, UPDATE, FIND, see(SPIKES), RESET)]
    found = ahead_of(calls)
    assert found is not None
    assert found.seen == {0: (V,), 3: (V,)}
    assert ahead(see(index_list(range(N))), UPDATE, FIND) == []
    assert ahead(see(SPIKES), UPDATE, FIND, RESET) == []  # those of the step before


def test_nothing_overtakes_who_reads_the_state_or_writes_what_is_read():
    assert ahead(UPDATE, FIND, see(SPIKES, Index.SHARED), RESET) == []
    shared = Array(Slot("x", F64), Index.SHARED)
    writes = Kernel("write", Elementwise(part(0, 1)), (shared,), body=stores())
    code = Code()
    code("store", code.load(1), attr=0)
    reads = Kernel("read", Elementwise(part(0, N)), (V_OWN, shared), body=tuple(code.ops))
    assert ahead(writes, reads) == []


def test_lists_are_gone_over_after_they_are_made_and_by_the_same_owners():
    assert ahead(RESET, UPDATE, FIND) == []
    other = Array(Slot("u", F64, 2 * N), Index.OWN)
    elsewhere = replace(RESET, name="elsewhere", arrays=(other,))
    assert "elsewhere" not in ahead(UPDATE, FIND, RESET, elsewhere)


def test_a_call_of_python_keeps_all_together_unless_it_has_another_clock():
    python = Kernel("python", Python())
    assert ahead(UPDATE, python) == []
    found = ahead_of([Call(python, 0), Call(UPDATE, 1), Call(FIND, 1), Call(RESET, 0)])
    assert found is not None
    assert found.clock == 1
    assert list(found.calls) == [1, 2]
