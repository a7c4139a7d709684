"""Blocks of steps: which calls may go some steps ahead of the others, for a few elements at a time.

Elements that do not hear of each other within k steps need not make these steps side by side. Of a
step, the calls that belong to such elements go *ahead*: chunk by chunk (a chunk is what one of n
threads would own, see ir/partition) they make k steps, while the state of the chunk stays in the
cache; what they list is kept, by step. Then the other calls *follow*: step by step, with the lists
of that step. Results are equal bit for bit, since every element sees the same operations in the
same order.

A call may go ahead if it is divided among the owners of elements, and if nothing that another call
writes reaches it in between:

    state     what one of two calls writes, the other reaches, if it goes ahead too, through the
              owner's index alone; if it follows, not at all
    lists     what a Select that goes ahead lists is read, after it, by Indexed calls of the same
              owners, and by calls that follow
    records   what a Record that follows reads of the elements of a list is kept for it, by step, if
              they are few
    logs      the events of d steps ago, which a call that follows writes, are known for the next
              d steps: `delays` bound how far the others may go

The clock is no obstacle: each chunk has a step number and a time of its own. Where there are
several, calls of one may go ahead as long as no other is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rheobase.ir.domains import (
    Bernoulli,
    Elementwise,
    Index,
    Indexed,
    IndexList,
    Propagate,
    Python,
    Record,
    Reduce,
    Replay,
    Select,
    WhenDue,
)
from rheobase.ir.kernels import Kernel
from rheobase.ir.partition import Division, Key, divisions, is_cut, size_at, touched
from rheobase.ir.passes.rewrite import array_of, written
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["Ahead", "ahead_of", "bytes_of_elements"]

FEW = 8  # one element in so many, at most


@record
class Ahead:
    """The calls of a step that go ahead.

    clock       on which they are
    calls       their numbers, in order, and how each is divided
    lists       what each Select among them lists, by its number
    seen        slots that they write and of which calls that follow must see the values of their
                step, by the number of such a Record
    delays      I64: they may go no further than the least number of steps that stands there
    in_rows     whether rows of synapses must be cut for the chunks
    n_bytes     of the state of the elements
    """

    clock: int
    calls: dict[int, Division]
    lists: dict[int, IndexList]
    seen: dict[int, tuple[Slot, ...]]
    delays: tuple[Slot, ...]
    in_rows: bool
    n_bytes: int


def ahead_of(calls: Sequence[Call]) -> Ahead | None:
    """What may go ahead; None: nothing."""
    by_clock: dict[int, list[Kernel]] = {}
    for call in calls:
        by_clock.setdefault(call.clock, []).append(call.kernel)
    sizes = {clock: bytes_of_elements(listed) for clock, listed in by_clock.items()}
    clock = max(sizes, key=sizes.__getitem__, default=0)
    kernels = {k: c.kernel for k, c in enumerate(calls) if c.clock == clock}
    if any(isinstance(kernel.domain, Python) for kernel in kernels.values()):
        return None
    divided = divisions(calls)
    found = {k: d for k in kernels if (d := divided[k]) is not None and _is_known(kernels[k])}
    ways = _Ways(kernels)
    while found and (removed := _hindered(kernels, found, ways)):
        found = {k: d for k, d in found.items() if k not in removed}
    if not any(isinstance(kernels[k].domain, (Elementwise, Select)) for k in found):
        return None
    domains = {k: kernels[k].domain for k in found}
    return Ahead(
        clock,
        found,
        {k: d.out for k, d in domains.items() if isinstance(d, Select)},
        _seen(kernels, found),
        tuple(dict.fromkeys(s for d in domains.values() for s in _delays(d))),
        any(is_cut(kernels[k], division) for k, division in found.items()),
        bytes_of_elements(kernels[k] for k in found),
    )


def _is_known(kernel: Kernel) -> bool:
    """Whether it belongs to a kind of call that may go ahead."""
    return isinstance(kernel.domain, (Elementwise, Select, WhenDue, Indexed, Propagate, Reduce))


def _delays(domain: object) -> tuple[Slot, ...]:
    """Where the delays stand after which events reach the call."""
    if not isinstance(domain, Propagate) or domain.events.delay is None:
        return ()
    return (domain.events.delay,) if domain.delays is None else (domain.delays.steps,)


def bytes_of_elements(kernels: Iterable[Kernel]) -> int:
    """The state that loops over all elements go through."""
    loops = [k for k in kernels if isinstance(k.domain, (Elementwise, Select, WhenDue))]
    slots = {a.slot for k in loops for a in k.arrays if a.index is Index.OWN}
    return sum(slot.data.nbytes for slot in slots)


# ------------------------------------------------------------------ what is in the way
@record
class _Use:
    """How a call uses a slot.

    number, division   of the call; None: it follows
    key, writes        see partition.touched
    part               what the slot is to the call: 'made' and 'consumed' are lists that it makes
                       or goes over, 'early' is what it reads of the time before a block, 'seen'
                       what is kept for it by step
    """

    number: int
    division: Division | None
    key: Key
    writes: bool
    part: str


class _Ways:
    """What calls touch, ahead and following; see partition.touched. Each is looked at once."""

    def __init__(self, kernels: Mapping[int, Kernel]) -> None:
        self._kernels = kernels
        self._known: dict[tuple[int, Division | None], Mapping[Slot, tuple[Key, bool]]] = {}

    def of(self, k: int, division: Division | None) -> Mapping[Slot, tuple[Key, bool]]:
        if (k, division) not in self._known:
            self._known[k, division] = touched(self._kernels[k], division)
        return self._known[k, division]


def _hindered(
    kernels: Mapping[int, Kernel], found: Mapping[int, Division], ways: _Ways
) -> set[int]:
    """Calls that cannot go ahead together with the rest."""
    reached = {k: ways.of(k, found.get(k)) for k in kernels}
    # most slots are written by no call: nobody stands in the way of another there
    changed = {s for slots in reached.values() for s, (_, writes) in slots.items() if writes}
    uses: dict[Slot, list[_Use]] = {slot: [] for slot in changed}
    made = _made_at(kernels)
    for k, kernel in kernels.items():
        parts = _parts(kernel) | dict.fromkeys(_reads_of_list(k, kernel, made, found), "seen")
        for slot in changed & reached[k].keys():
            key, writes = reached[k][slot]
            uses[slot].append(_Use(k, found.get(k), key, writes, parts.get(slot, "")))
    shared = uses.values()
    stopped = {k for listed in shared for k in _stopped(listed)}
    return stopped or {k for listed in shared for k in _meeting(listed)}


def _parts(kernel: Kernel) -> dict[Slot, str]:
    """What slots are to the kernel's domain, if its code does not reach them, too."""
    parts: dict[Slot, str] = {}
    match kernel.domain:
        case Select(out=out):
            parts = dict.fromkeys((out.indices, out.count), "made")
        case Indexed(list=list_):
            parts = dict.fromkeys((list_.indices, list_.count), "consumed")
        case Propagate(events=events) if events.log is not None:
            now, log = events.current, events.log
            parts = dict.fromkeys((now.indices, now.count, log.entries, log.starts), "early")
        case _:
            pass
    reached = {a.slot for a in kernel.arrays}
    return {slot: part for slot, part in parts.items() if slot not in reached}


def _stopped(uses: Sequence[_Use]) -> set[int]:
    """Calls that cannot go ahead of calls that follow, because of a slot."""
    follow = [x for x in uses if x.division is None and x.part != "seen"]
    written = any(x.writes for x in follow)
    return {
        x.number
        for x in uses
        if x.division is not None
        and x.part != "early"
        and (written or (x.writes and follow and x.part != "made"))
    }


def _meeting(uses: Sequence[_Use]) -> set[int]:
    """Calls that go ahead and could see in a slot what those of another chunk do."""
    ahead = [x for x in uses if x.division is not None]
    return {
        y.number
        for k, x in enumerate(ahead)
        for y in ahead[k:]
        if (x.writes or y.writes) and (x.key is None or x.key != y.key) and not _passes(x, y)
    }


def _passes(x: _Use, y: _Use) -> bool:
    """Whether a slot may lie between two calls, x before y, although any chunk may reach all."""
    if x is y:
        return x.part == "made"
    if "early" in (x.part, y.part):
        return True
    return x.part == "made" and y.part == "consumed" and x.division == y.division


# ------------------------------------------------------------------ what is kept for records
def _made_at(kernels: Mapping[int, Kernel]) -> dict[Slot, int]:
    """The calls that make lists, by the slot of the count."""
    domains = ((k, kernel.domain) for k, kernel in kernels.items())
    return {d.out.count: k for k, d in domains if isinstance(d, (Select, Bernoulli, Replay))}


def _seen(
    kernels: Mapping[int, Kernel], found: Mapping[int, Division]
) -> dict[int, tuple[Slot, ...]]:
    """What those that follow see of what those in `found` write; see Ahead."""
    changed = frozenset[Slot]().union(*(written(kernels[k]) for k in found))
    made = _made_at(kernels)
    seen = {k: _reads_of_list(k, kernel, made, found) for k, kernel in kernels.items()}
    return {
        k: kept for k, slots in seen.items() if (kept := tuple(s for s in slots if s in changed))
    }


def _reads_of_list(
    number: int, kernel: Kernel, made: Mapping[Slot, int], found: Mapping[int, Division]
) -> list[Slot]:
    """What a Record reads of the elements of its list, if they are few and the list is known in
    each chunk: it never changes, or has just been made ahead."""
    domain = kernel.domain
    if not isinstance(domain, Record) or domain.list is None:
        return []
    maker, size = made.get(domain.list.count), size_at(kernel, Index.OWN)
    if size is None or (maker is not None and (maker not in found or maker > number)):
        return []
    if maker is None and domain.list.count.data[0] * FEW > size:
        return []
    at = {array_of(op) for op in kernel.ops if op.name == "load_at"}
    numbered = list(enumerate(kernel.arrays))
    elsewhere = {a.slot for n, a in numbered if n in at or a.index is not Index.OWN}
    return [slot for slot in dict.fromkeys(a.slot for _, a in numbered) if slot not in elsewhere]
