"""How threads divide a step: who does which elements, and where all must wait.

Element k of arrays of n elements belongs to one thread, whatever group or kernel it is in: the
threads ('lanes') own blocks of it, see `bounds`. A kernel is divided if its elements can be done
by the owners of what they write:

    Elementwise, Select, Indexed,  by the element's own index, if they write and read what they
    WhenDue                        write through that alone
    Propagate, Reduce              by one side of the synapse, if what they write belongs to the
                                   synapse or to that side: all synapses of one owner are his

All other kernels are done by lane 0 while the others wait. A thread does its elements in the
order in which one thread alone would, so every element sees the same operations in the same
order: results are equal bit for bit, whatever the number of threads.

All wait for each other before a call that touches what another lane may still be working on:
where one of two calls writes a slot, and the two do not share it out in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import (
    GRANULE,
    Elementwise,
    Index,
    Indexed,
    Propagate,
    Python,
    Reduce,
    Select,
    Sometimes,
    WhenDue,
)
from rheobase.ir.kernels import Kernel
from rheobase.ir.ops import has_effect
from rheobase.ir.passes.rewrite import (
    array_of,
    calendar_of,
    slots_touched,
    slots_written,
    written,
)
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = [
    "Division",
    "Key",
    "Partition",
    "bounds",
    "divided_by",
    "divisions",
    "is_cut",
    "obstacle",
    "partition",
    "size_at",
    "touched",
]

GRAIN = 64  # elements: whole vectors, and whole cache lines of one byte each
LEAST_GRAIN = GRANULE


def bounds(size: int, lanes: int) -> NDArray[np.int64]:
    """(lanes + 1,)  lane k owns the elements bounds[k] <= i < bounds[k + 1] of `size`.

    Blocks are whole vectors, so that an element is computed in the same lane of a vector by
    every number of threads; those of large arrays are whole cache lines.

    >>> bounds(1000, 2).tolist()
    [0, 512, 1000]
    """
    grain = GRAIN if size >= GRAIN * 4 * lanes else LEAST_GRAIN
    ideal = np.arange(1, lanes) * size / lanes
    inner = np.minimum(np.rint(ideal / grain).astype(np.int64) * grain, size)
    return np.concatenate([[0], inner, [size]]).astype(np.int64)


# ------------------------------------------------------------------ which kernels can be divided
def divided_by(kernel: Kernel) -> Index | None:
    """The index whose owner does an element of the kernel; None: lane 0 does all of it."""
    if any(has_effect(op) for op in kernel.once + kernel.outer) or _is_out_of_step(kernel):
        return None
    match kernel.domain:
        case Elementwise() | Select() | Indexed() | WhenDue():
            candidates = (Index.OWN,)
        case Propagate(ascending=False, side=side) | Reduce(ascending=False, side=side):
            candidates = (side,)
        case Propagate() | Reduce():
            candidates = (Index.POST, Index.PRE)
        case _:
            return None
    return next((index for index in candidates if _writes_stay(kernel, index)), None)


def obstacle(kernel: Kernel) -> str:
    """Why one thread does all of a kernel that cannot be divided, for people."""
    if any(has_effect(op) for op in kernel.once + kernel.outer):
        return "writes once for many elements"
    if _is_out_of_step(kernel):
        return "its normal numbers come in pairs that threads would tear apart"
    match kernel.domain:
        case Elementwise() | Select() | Indexed() | WhenDue():
            return "writes or looks up elements other than its own"
        case Propagate(ascending=False) | Reduce(ascending=False):
            return "writes beyond the row's own side, and rows are not in the order of the other"
        case Propagate() | Reduce():
            return "writes to both sides of a synapse, or elsewhere"
        case Python():
            return "Python"
        case Sometimes():
            return "done in few steps only"
        case _:
            return "one list or buffer for all"


def _is_out_of_step(kernel: Kernel) -> bool:
    """Whether elements that share the words of a draw, counted from the beginning of the part,
    would be torn apart by the blocks of the owners."""
    if not isinstance(kernel.domain, (Elementwise, Select)):
        return False
    draws = any(op.name in ("normal", "discrete") for op in kernel.ops)
    return draws and bool(kernel.domain.part.first.data[0] % LEAST_GRAIN)


def _writes_stay(kernel: Kernel, index: Index) -> bool:
    """Whether the code reaches what it writes through `index` or the own index alone, and each
    such array through one of them."""
    changed = slots_written(kernel, kernel.inner)
    reached: dict[Slot, object] = {}
    for a in kernel.arrays:
        if a.slot not in changed:
            continue
        if a.index not in (index, Index.OWN) or reached.setdefault(a.slot, a.index) != a.index:
            return False
    at = (op for op in kernel.inner if op.name == "load_at")
    return not any(kernel.arrays[array_of(op)].slot in changed for op in at)


# ------------------------------------------------------------------ how each is divided
@record
class Division:
    """How the lanes share out one kernel.

    index   whose owner does an element: OWN, or the side of the synapse
    size    of the arrays at this index
    """

    index: Index
    size: int


def is_cut(kernel: Kernel, division: Division) -> bool:
    """Whether the lanes walk pieces of the same rows."""
    domain = kernel.domain
    return isinstance(domain, (Propagate, Reduce)) and domain.side is not division.index


# who touches which elements of an array: as `bounds` of this size say; the synapses of the owners
# of a side; None: any lane any element
Key: TypeAlias = int | Division | None


def size_at(kernel: Kernel, index: Index) -> int | None:
    """The length of the arrays that the kernel reaches through the index; None: there are none,
    or they have several lengths."""
    lengths = {len(a.slot) for a in kernel.arrays if a.index is index}
    return lengths.pop() if len(lengths) == 1 else None


def divisions(calls: Sequence[Call]) -> list[Division | None]:
    """How each call is divided."""
    found: list[Division | None] = []
    sizes: dict[tuple[Slot, Index], int] = {}  # of the sides of synapses, by the synapses' arrays
    for call in calls:
        index = divided_by(call.kernel)
        size = None if index is None else size_at(call.kernel, index)
        found.append(None if index is None or size is None else Division(index, size))
        if index is not None and size is not None:
            sizes |= {(slot, index): size for slot in _synaptic(call.kernel)}
    for k, call in enumerate(calls):
        index = divided_by(call.kernel)
        if index is None or found[k] is not None:
            continue
        known = [sizes[slot, index] for slot in _synaptic(call.kernel) if (slot, index) in sizes]
        size = known[0] if known else _size_of_domain(call.kernel, index)
        found[k] = None if size is None else Division(index, size)
    return found


def _synaptic(kernel: Kernel) -> list[Slot]:
    if not isinstance(kernel.domain, (Propagate, Reduce)):
        return []
    return [a.slot for a in kernel.arrays if a.index is Index.OWN]


def _size_of_domain(kernel: Kernel, index: Index) -> int | None:
    """A size for kernels that reach no array through the index."""
    if any(a.index is index for a in kernel.arrays):
        return None
    domain = kernel.domain
    if isinstance(domain, (Propagate, Reduce)) and domain.side is not index:
        others = domain.others.data
        return int(others.max()) + 1 if len(others) else 0
    assert isinstance(domain, (Elementwise, Select, Indexed, WhenDue, Propagate, Reduce))
    return int(domain.part.first.data[0] + domain.part.size.data[0])


# ------------------------------------------------------------------ where all must wait
@dataclass
class Partition:
    """A step, divided.

    divisions   (n_calls,)      of each call; None: lane 0 does it alone
    waits       (n_calls + 1,)  whether all lanes wait for each other before a call; the last one:
                                at the end of the step
    merges      (n_calls + 1,)  calls whose lists become one when all have waited
    """

    divisions: list[Division | None]
    waits: list[bool] = field(default_factory=list[bool])
    merges: list[list[int]] = field(default_factory=list[list[int]])


def partition(calls: Sequence[Call]) -> Partition:
    """Divide the calls of a step."""
    result = Partition(divisions(calls))
    since: dict[Slot, set[tuple[Key, bool]]] = {}  # how the calls since the last wait touch it
    lists: list[int] = []  # calls since then that made lists
    for k, call in enumerate(calls):
        division = result.divisions[k]
        reached = touched(call.kernel, division)
        wait = division is None or _conflict(since, reached)
        result.waits.append(wait)
        result.merges.append(lists if wait else [])
        if wait:
            since, lists = {}, []
        if division is not None:
            for slot, way in reached.items():
                since.setdefault(slot, set()).add(way)
            lists = [*lists, k] if isinstance(call.kernel.domain, Select) else lists
    result.waits.append(True)
    result.merges.append(lists)
    return result


def touched(kernel: Kernel, division: Division | None) -> dict[Slot, tuple[Key, bool]]:
    """How the lanes share out each slot of the kernel (None: any may touch any element), and
    whether they write it."""
    keys: dict[Slot, set[Key]] = {slot: set() for slot in slots_touched(kernel)}
    in_rows = isinstance(kernel.domain, (Propagate, Reduce))
    for a in kernel.arrays:
        key: Key = None
        if division is not None and a.index is division.index:
            key = division.size
        elif in_rows and a.index is Index.OWN:
            key = division
        keys[a.slot].add(key)
    calendar = calendar_of(kernel)
    for slot in kernel.slots_of_domain:
        if division is not None and calendar is not None and slot is calendar.entries:
            keys[slot].add(division.size)  # owners have whole granules
        else:
            keys[slot].add(None)
    for op in kernel.ops:
        if op.name == "load_at":
            keys[kernel.arrays[array_of(op)].slot].add(None)
    changed = written(kernel)
    return {
        slot: (found.pop() if len(found) == 1 else None, slot in changed)
        for slot, found in keys.items()
    }


def _conflict(
    before: Mapping[Slot, set[tuple[Key, bool]]], reached: Mapping[Slot, tuple[Key, bool]]
) -> bool:
    """Whether a lane may not begin what reaches slots in this way until all have done what has
    reached them before."""
    return any(
        (writes or wrote) and (key is None or key != other)
        for slot, (key, writes) in reached.items()
        for other, wrote in before.get(slot, ())
    )
