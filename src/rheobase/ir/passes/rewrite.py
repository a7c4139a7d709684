"""What passes share: which slots a kernel writes, and putting changed code back into a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rheobase.ir.domains import (
    Bernoulli,
    Calendar,
    EventLog,
    Generate,
    Indexed,
    Push,
    Record,
    Replay,
    Select,
    WhenDue,
)
from rheobase.ir.kernels import Array, Kernel, Linked, Repeat
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.slots import Slot

__all__ = [
    "ARRAY_OPS",
    "array_of",
    "calendar_of",
    "rebuild",
    "roots",
    "slots_touched",
    "slots_written",
    "written",
]

ARRAY_OPS = frozenset(("load", "load_at", "store", "accumulate", "length", "discrete"))


def slots_written(kernel: Kernel, code: Iterable[Op]) -> frozenset[Slot]:
    """The slots that the ops write."""
    return frozenset(kernel.arrays[array_of(op)].slot for op in code if has_effect(op))


def slots_touched(kernel: Kernel) -> frozenset[Slot]:
    """Every slot that the kernel reads or writes."""
    return frozenset(kernel.slots())


def written(kernel: Kernel) -> frozenset[Slot]:
    """Every slot that the kernel writes, by its code or its domain."""
    by_code = slots_written(kernel, kernel.ops)
    match kernel.domain:
        case Bernoulli(out=out, gaps=gaps):
            return by_code | {out.indices, out.count, gaps.counts, gaps.numbers}
        case Select(out=out) | Replay(out=out):
            return by_code | {out.indices, out.count}
        case Record(cursor=cursor, buffers=buffers):
            return by_code | {cursor, *buffers}
        case Push(log=EventLog(entries=entries, starts=starts)):
            return by_code | {entries, starts}
        case WhenDue(calendar=calendar) | Indexed(calendar=Calendar() as calendar):
            return by_code | {calendar.entries}
        case Generate(counts=counts, targets=targets, cursor=cursor):
            return by_code | {counts, targets, cursor}
        case _:
            return by_code


def calendar_of(kernel: Kernel) -> Calendar | None:
    """The calendar that the kernel writes to, if there is one."""
    domain = kernel.domain
    return domain.calendar if isinstance(domain, (WhenDue, Indexed)) else None


def array_of(op: Op) -> int:
    """The number of the array that a memory op names."""
    assert isinstance(op.attr, int)
    return op.attr


def roots(kernel: Kernel) -> tuple[int, ...]:
    """The values that the domain and the loop take: results, bounds of candidates."""
    taken = kernel.results + (kernel.repeat.roots if kernel.repeat else ())
    return taken + kernel.domain.bounds if isinstance(kernel.domain, Generate) else taken


def rebuild(
    kernel: Kernel,
    parts: Sequence[Sequence[int]],
    ops: Mapping[int, Op],
    same: Mapping[int, int],
) -> Kernel:
    """The kernel with other code.

    parts   the ids of the ops of each of Kernel.parts, in order
    ops     the op behind each id; its operands are ids
    same    for each number that the kernel's domain or loop takes, the id that is it now
    Values and arrays are numbered anew; arrays that no op names are dropped.
    """
    number = {op: n for n, op in enumerate(op for part in parts for op in part)}
    arrays, array_number = _used_arrays(kernel, [ops[k] for k in number])

    def renumbered(op: Op) -> Op:
        attr = array_number[array_of(op)] if op.name in ARRAY_OPS else op.attr
        return replace(op, args=tuple(number[a] for a in op.args), attr=attr)

    once, outer, body, code, after = (tuple(renumbered(ops[k]) for k in part) for part in parts)
    domain, stream = kernel.domain, kernel.stream
    if isinstance(domain, Generate):
        c = domain.candidates
        bounds = {f: number[same[getattr(c, f)]] for f in c.__dataclass_fields__}
        domain = replace(domain, candidates=replace(c, **bounds))
    if not kernel.domain_draws and not any(is_random(ops[k]) for k in number):
        stream = None
    results = tuple(number[same[r]] for r in kernel.results)
    repeat = kernel.repeat
    if repeat is not None:
        handed_on = tuple(number[same[n]] for n in repeat.next)
        again, limit = number[same[repeat.again]], number[same[repeat.limit]]
        repeat = Repeat(code, handed_on, again, limit, after)
    return Kernel(kernel.name, domain, arrays, once, outer, body, results, stream, repeat)


def _used_arrays(kernel: Kernel, code: Iterable[Op]) -> tuple[tuple[Array, ...], dict[int, int]]:
    """The arrays that the code reaches, links included, and the new number of each."""
    used: set[int] = set()
    for op in code:
        if op.name not in ARRAY_OPS:
            continue
        array = array_of(op)
        used.add(array)
        while isinstance(link := kernel.arrays[array].index, Linked):
            array = link.array
            used.add(array)
    numbers = {old: new for new, old in enumerate(sorted(used))}
    arrays: list[Array] = []
    for old in numbers:
        array = kernel.arrays[old]
        if isinstance(array.index, Linked):
            array = Array(array.slot, Linked(numbers[array.index.array]))
        arrays.append(array)
    return tuple(arrays), numbers
