"""Makes one loop of two that go over the same elements: state update and threshold.

Goals: a Select or Elementwise kernel joins an earlier Elementwise kernel over the same part and
clock, so each element is read, advanced and tested while it is in registers. What the second
loads and the first has just stored is passed on as a value. Results are equal bit for bit.

Non-goals: nothing is fused where an element of the second could see another element of the first,
or the reverse (shared values that one writes, links), nor where both draw random numbers. Kernels
of other domains stay alone. Kernels move only over kernels that touch nothing of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rheobase.ir.kernels import (
    Array,
    Elementwise,
    EventLog,
    Generate,
    Index,
    Kernel,
    Linked,
    Push,
    Python,
    Record,
    Replay,
    Select,
)
from rheobase.ir.ops import Op, has_effect
from rheobase.ir.passes.hoist import hoist
from rheobase.ir.passes.rewrite import ARRAY_OPS, array_of, slots_written
from rheobase.ir.passes.simplify import simplify
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot

__all__ = ["fuse", "fuse_calls"]


def fuse_calls(calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls of one step with every pair fused that can be."""
    result: list[Call] = []
    for call in calls:
        place = _partner(result, call)
        if place is None:
            result.append(call)
            continue
        number, kernel = place
        result[number] = Call(kernel, call.clock)
    return tuple(result)


def _partner(before: Sequence[Call], call: Call) -> tuple[int, Kernel] | None:
    """The earlier call that this one can join, and the two in one."""
    if not isinstance(call.kernel.domain, (Select, Elementwise)):
        return None
    for number in range(len(before) - 1, -1, -1):
        other = before[number]
        if other.clock == call.clock:
            fused = fuse(other.kernel, call.kernel)
            if fused is not None:
                return number, fused
        if _conflict(other.kernel, call.kernel):
            return None
    return None


def fuse(first: Kernel, second: Kernel) -> Kernel | None:
    """One kernel that does what the first and then the second does, or None if there is none."""
    if not isinstance(first.domain, Elementwise):
        return None
    if not isinstance(second.domain, (Elementwise, Select)):
        return None
    if first.domain.part != second.domain.part:
        return None
    if first.stream is not None and second.stream is not None:
        return None
    if not _independent(first, second):
        return None
    return hoist(simplify(_joined(first, second)))


def _independent(first: Kernel, second: Kernel) -> bool:
    """Whether the two share what either writes only through the element's own index."""
    written = _written(first) | _written(second)
    own = _own_only(first) & _own_only(second)
    shared = _touched(first) & _touched(second) & written
    return shared <= own


def _own_only(kernel: Kernel) -> frozenset[Slot]:
    """Slots that the kernel's code reaches, if at all, through the own index alone."""
    others = {a.slot for a in kernel.arrays if a.index is not Index.OWN}
    others |= {kernel.arrays[array_of(op)].slot for op in kernel.ops if op.name == "load_at"}
    links = [a.index.array for a in kernel.arrays if isinstance(a.index, Linked)]
    others |= {kernel.arrays[n].slot for n in links}  # a link must not be written in its kernel
    domain = replace(kernel, arrays=()).slots()
    return frozenset({a.slot for a in kernel.arrays} | _touched(kernel)) - others - set(domain)


def _touched(kernel: Kernel) -> frozenset[Slot]:
    return frozenset(kernel.slots())


def _written(kernel: Kernel) -> frozenset[Slot]:
    """Every slot that the kernel writes, by its code or its domain."""
    by_code = slots_written(kernel, kernel.ops)
    match kernel.domain:
        case Select(out=out) | Replay(out=out):
            return by_code | {out.indices, out.count}
        case Record(cursor=cursor, buffers=buffers):
            return by_code | {cursor, *buffers}
        case Push(log=EventLog(entries=entries, starts=starts)):
            return by_code | {entries, starts}
        case Generate(counts=counts, targets=targets, cursor=cursor):
            return by_code | {counts, targets, cursor}
        case _:
            return by_code


def _conflict(first: Kernel, second: Kernel) -> bool:
    """Whether the order of the two matters."""
    if isinstance(first.domain, Python) or isinstance(second.domain, Python):
        return True
    return bool(_written(first) & _touched(second) or _touched(first) & _written(second))


def _joined(first: Kernel, second: Kernel) -> Kernel:
    """The code of both, the first before the second in each part."""
    n_first = {"once": len(first.once), "body": len(first.body)}
    shift = len(first.arrays)
    numbers: dict[int, int] = {}
    for k in range(len(second.ops)):
        in_once = k < len(second.once)
        numbers[k] = k + n_first["once"] + (0 if in_once else n_first["body"])
    first_numbers = {
        k: k if k < n_first["once"] else k + len(second.once) for k in range(len(first.ops))
    }
    passed = _passed_on(first, second, first_numbers)

    def moved(op: Op, names: dict[int, int], arrays: int) -> Op:
        attr = array_of(op) + arrays if op.name in ARRAY_OPS else op.attr
        return replace(op, args=tuple(names[a] for a in op.args), attr=attr)

    def of_second(ops: Sequence[Op]) -> tuple[Op, ...]:
        return tuple(moved(op, numbers | passed, shift) for op in ops)

    once = tuple(moved(op, first_numbers, 0) for op in first.once) + of_second(second.once)
    body = tuple(moved(op, first_numbers, 0) for op in first.body) + of_second(second.body)
    return Kernel(
        f"{first.name} + {second.name}",
        second.domain,
        first.arrays + tuple(_shifted(a, shift) for a in second.arrays),
        once=once,
        body=body,
        results=tuple((numbers | passed)[r] for r in second.results),
        stream=first.stream or second.stream,
    )


def _passed_on(first: Kernel, second: Kernel, numbers: dict[int, int]) -> dict[int, int]:
    """Loads of the second kernel, by number, whose value the first has just stored."""
    stored: dict[Slot, int] = {}
    for op in first.body:
        if has_effect(op):
            slot = first.arrays[array_of(op)].slot
            stored.pop(slot, None)
            if op.name == "store" and first.arrays[array_of(op)].index is Index.OWN:
                stored[slot] = numbers[op.args[0]]
    found: dict[int, int] = {}
    for k, op in enumerate(second.ops):
        if op.name == "load" and second.arrays[array_of(op)].index is Index.OWN:
            slot = second.arrays[array_of(op)].slot
            if slot in stored:
                found[k] = stored[slot]
        if has_effect(op):
            stored.pop(second.arrays[array_of(op)].slot, None)
    return found


def _shifted(array: Array, shift: int) -> Array:
    if isinstance(array.index, Linked):
        return Array(array.slot, Linked(array.index.array + shift))
    return array
