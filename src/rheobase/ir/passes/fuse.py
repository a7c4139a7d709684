"""Makes one loop of two that go over the same elements: state update and threshold.

Goals: a Select or Elementwise kernel joins an earlier Elementwise kernel over the same part and
clock, so each element is read, advanced and tested while it is in registers. What the second
loads and the first has just stored is passed on as a value. Results are equal bit for bit.

Non-goals: nothing is fused where an element of the second could see another element of the first,
or the reverse (shared values that one writes, links), nor where both draw random numbers or both
have a loop. Kernels of other domains stay alone. Kernels move only over kernels that touch nothing
of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rheobase.ir.domains import Elementwise, Index, Python, Select
from rheobase.ir.kernels import Array, Kernel, Linked, Repeat
from rheobase.ir.ops import Op, has_effect
from rheobase.ir.passes.hoist import hoist
from rheobase.ir.passes.rewrite import ARRAY_OPS, array_of, slots_touched, written
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
    if first.repeat is not None and second.repeat is not None:
        return None
    if not _independent(first, second):
        return None
    return hoist(simplify(_joined(first, second)))


def _independent(first: Kernel, second: Kernel) -> bool:
    """Whether the two share what either writes only through the element's own index."""
    changed = written(first) | written(second)
    own = _own_only(first) & _own_only(second)
    shared = slots_touched(first) & slots_touched(second) & changed
    return shared <= own


def _own_only(kernel: Kernel) -> frozenset[Slot]:
    """Slots that the kernel's code reaches, if at all, through the own index alone."""
    others = {a.slot for a in kernel.arrays if a.index is not Index.OWN}
    others |= {kernel.arrays[array_of(op)].slot for op in kernel.ops if op.name == "load_at"}
    links = [a.index.array for a in kernel.arrays if isinstance(a.index, Linked)]
    others |= {kernel.arrays[n].slot for n in links}  # a link must not be written in its kernel
    domain = replace(kernel, arrays=()).slots()
    return frozenset({a.slot for a in kernel.arrays} | slots_touched(kernel)) - others - set(domain)


def _conflict(first: Kernel, second: Kernel) -> bool:
    """Whether the order of the two matters."""
    if isinstance(first.domain, Python) or isinstance(second.domain, Python):
        return True
    return bool(written(first) & slots_touched(second) or slots_touched(first) & written(second))


def _joined(first: Kernel, second: Kernel) -> Kernel:
    """The code of both, the first before the second in each part."""
    shift = len(first.arrays)
    ones, others = list(first.parts), list(second.parts)
    if first.repeat is not None:  # what comes after its body comes after its loop
        others = [others[0], (), (), (), others[2]]
    numbers: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for pair in zip(ones, others):
        for code, known in zip(pair, numbers):
            for _ in code:
                known[len(known)] = len(numbers[0]) + len(numbers[1])
    named = numbers[1] | _passed_on(first, second, numbers[0])

    def moved(op: Op, names: dict[int, int], arrays: int) -> Op:
        attr = array_of(op) + arrays if op.name in ARRAY_OPS else op.attr
        return replace(op, args=tuple(names[a] for a in op.args), attr=attr)

    once, outer, body, code, after = (
        tuple(moved(op, numbers[0], 0) for op in one)
        + tuple(moved(op, named, shift) for op in other)
        for one, other in zip(ones, others)
    )
    return Kernel(
        f"{first.name} + {second.name}",
        second.domain,
        first.arrays + tuple(_shifted(a, shift) for a in second.arrays),
        once,
        outer,
        body,
        results=tuple(named[r] for r in second.results),
        stream=first.stream or second.stream,
        repeat=_renumbered(first, numbers[0], code, after)
        or _renumbered(second, named, code, after),
    )


def _renumbered(
    kernel: Kernel, names: dict[int, int], code: tuple[Op, ...], after: tuple[Op, ...]
) -> Repeat | None:
    if kernel.repeat is None:
        return None
    *handed_on, again, limit = (names[n] for n in kernel.repeat.roots)
    return Repeat(code, tuple(handed_on), again, limit, after)


def _passed_on(first: Kernel, second: Kernel, numbers: dict[int, int]) -> dict[int, int]:
    """Loads of the second kernel, by number, whose value the first has just stored."""
    stored: dict[Slot, int] = {}
    for op in first.inner:
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
