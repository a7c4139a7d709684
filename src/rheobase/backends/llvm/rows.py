"""Loops over synapses: rows of entries, an event's or all.

A row is walked by entries, or by vectors of entries (`in_vectors`) where those that reach different
neurons cannot see each other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from rheobase.backends.llvm import library
from rheobase.backends.llvm.arithmetic import cast
from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.share import Word
from rheobase.backends.llvm.text import BOOL, I32, I64, PTR, Value, Var
from rheobase.ir.domains import Chosen, DelayRows, Events, Index, Part, Propagate, Reduce
from rheobase.ir.kernels import Array, Kernel, Linked
from rheobase.ir.ops import Op, has_effect
from rheobase.ir.passes.rewrite import ARRAY_OPS, array_of
from rheobase.ir.program import Status
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["AHEAD", "LINE", "asked_slots", "far_side", "in_vectors", "propagate", "reduce"]

UNROLL = 4  # entries of a row that short code treats in one turn of the loop
UNROLLED_BELOW = 6  # operations
AHEAD = 4  # events
LINE, LINES = 64, 2  # of a cache, bytes; how many of each array are asked for
MOST_ASKED = 2  # arrays of the synapses


def in_vectors(kernel: Kernel) -> bool:
    """Whether entries of a row go through the code together.

    They may, if what the code writes belongs to the synapse or to the neuron that it reaches; and
    should, if the code is long: of `v += w`, a processor makes an entry in two cycles as it is.
    (Elements share the words of some draws, but not any elements.)
    """
    domain = kernel.domain
    assert isinstance(domain, (Propagate, Reduce))
    if (
        not domain.ascending
        or len(kernel.inner) <= UNROLLED_BELOW
        or any(op.name in ("normal", "discrete") for op in kernel.ops)
    ):
        return False
    if any(has_effect(op) for op in kernel.once + kernel.outer):
        return False
    own_or_far = (Index.OWN, far_side(domain))
    written = {a.slot: a.index for a in _arrays(kernel, lambda op: has_effect(op))}
    reached = [(a.slot, a.index) for a in _arrays(kernel, lambda op: op.name != "load_at")]
    if any(index not in own_or_far for index in written.values()):
        return False
    elsewhere = {a.slot for a in _arrays(kernel, lambda op: op.name == "load_at")}
    return not elsewhere & set(written) and all(
        written.get(slot, index) == index for slot, index in reached
    )


def _arrays(kernel: Kernel, wanted: Callable[[Op], bool]) -> list[Array]:
    """The arrays that such operations of the inner code reach, and those that lead there."""
    found: list[Array] = []
    for op in kernel.inner:
        if op.name not in ARRAY_OPS or not wanted(op):
            continue
        array = kernel.arrays[array_of(op)]
        found.append(array)
        while isinstance(array.index, Linked):
            array = kernel.arrays[array.index.array]
            found.append(array)
    return found


def reaches(kernel: Kernel, index: Index) -> bool:
    """Whether the code looks at something through the index."""
    looks = any(op.name == "index" and op.attr == index.value for op in kernel.ops)
    return looks or any(a.index is index for a in kernel.arrays)


def far_side(domain: Propagate | Reduce) -> Index:
    """The index of the neurons that the entries of a row reach."""
    return Index.POST if domain.side is Index.PRE else Index.PRE


@record
class _Listed:
    """Events at the positions low <= p < high; that of p stands at place[p & mask]."""

    low: Value
    high: Value
    place: str
    mask: Value | None

    def event(self, e: Emitter, position: Value) -> Value:
        where = position if self.mask is None else position & self.mask
        place = e.code.at(self.place, I32, where)
        return e.code.let(I32, 1, f"load i32, ptr {place}").cast("sext", I64)


def shared_block(e: Emitter, part: Part) -> tuple[Value, Value, Value]:
    """(first element of the part, first and end of those of the share): begin <= end."""
    code = e.code
    first, low, high = e.read(part.first), e.share(Word.LOW), e.share(Word.HIGH)
    end = first + e.read(part.size)
    begin = code.select(low > first, low, first)
    end = code.select(high < end, high, end)
    return first, begin, code.select(end < begin, begin, end)


def inside(e: Emitter, part: Part, element: Value, first: Value, size: Value) -> Value:
    """Whether an element is one of the `size` elements from `first` on, and of the part."""
    number = element - first
    in_range = number.below(size)
    if not isinstance(part, Chosen):
        return in_range
    safe = e.code.select(in_range, element, first)
    return in_range & (e.read_index(part.numbers, safe) >= 0)


def propagate(e: Emitter, domain: Propagate) -> None:
    """The rows of the events that lie in the part; with delays, their entries of each delay."""
    code, events, delays = e.code, domain.events, domain.delays
    first, begin, high = shared_block(e, domain.part)
    share = _Share(first, begin, high - begin)
    if delays is None:
        listed = _listed(e, events, None if events.delay is None else e.read(events.delay))
        e.once()
        _walk(e, domain, listed, share, lambda row: _whole_row(e, domain, row))
        code.leave(Status.DONE)
        return
    n_delays = e.length(delays.steps)
    n_words = (n_delays + 63) >> 6
    e.once()
    with code.loop(0, n_delays) as k:
        listed = _listed(e, events, e.read(delays.steps, k))
        word, bit = k >> 6, k & 63
        _walk(e, domain, listed, share, lambda row: _segment(e, delays, row * n_words + word, bit))
    code.leave(Status.DONE)


@record
class _Share:
    """Events first <= event are of the part, begin <= event < begin + size of the share."""

    first: Value
    begin: Value
    size: Value


@record
class _Piece:
    """Entries starts[number] <= e < starts[number + 1], if the condition holds."""

    starts: Slot
    number: Value
    exists: Value | None = None

    def begin(self, e: Emitter) -> Value:
        return e.read_index(self.starts, self.number)

    def end(self, e: Emitter) -> Value:
        return e.read_index(self.starts, self.number + 1)


def _walk(
    e: Emitter,
    domain: Propagate,
    listed: _Listed,
    share: _Share,
    piece_of: Callable[[Value], _Piece],
) -> None:
    """Each event: the entries of its row that `piece_of` names. Rows stand anywhere in memory, so
    what the event AHEAD of it needs first is asked for in time."""
    code = e.code

    def found(position: Value) -> tuple[Value, Value]:
        event = listed.event(e, position)
        return event, inside(e, domain.part, event, share.begin, share.size)

    with code.loop(listed.low, listed.high) as position:
        later = position + AHEAD
        with code.when(later < listed.high):
            event, counts = found(later)
            with code.when(counts):
                _ask_for(e, domain, piece_of(event - share.first))
        event, counts = found(position)
        with code.when(counts):
            piece = piece_of(event - share.first)
            with code.when(piece.exists) if piece.exists else nullcontext():
                _entries(e, domain, event, piece.begin(e), piece.end(e))


def asked_slots(kernel: Kernel, domain: Propagate) -> list[Slot]:
    """The arrays along the rows that the code looks at, MOST_ASKED of the synapses at most."""
    slots = [domain.others] if domain.synapses is None or reaches(kernel, far_side(domain)) else []
    own = {a.slot: None for a in _arrays(kernel, lambda _: True) if a.index is Index.OWN}
    if domain.synapses is None:
        slots += list(own)[:MOST_ASKED]
    elif own or reaches(kernel, Index.OWN):
        slots.append(domain.synapses)
    return slots


def _ask_for(e: Emitter, domain: Propagate, piece: _Piece) -> None:
    """Have the beginning of a piece in the cache soon."""
    slots = asked_slots(e.kernel, domain)
    with e.code.when(piece.exists) if piece.exists else nullcontext():
        begin = piece.begin(e)
        for slot in slots:
            place = e.pointer(slot, begin)
            for line in range(LINES):
                e.code.prefetch(place, line * LINE)


def _listed(e: Emitter, events: Events, delay: Value | None) -> _Listed:
    """The events of `delay` steps ago."""
    code = e.code
    n = e.read(events.current.count)
    current = e.pointer(events.current.indices)
    if events.log is None or delay is None or events.step is None:
        return _Listed(code.const(I64, 0), n, current, None)
    log = events.log
    turn = e.length(log.starts) - 1
    step = e.read(events.step) - delay
    now = delay.eq(0)  # the log may not hold the events of this step yet
    low = code.select(now, 0, e.read(log.starts, step & turn))
    high = code.select(now, n, e.read(log.starts, (step + 1) & turn))
    mask = code.select(now, -1, e.length(log.entries) - 1)
    place = code.let(PTR, 1, f"select {now}, ptr {current}, ptr {e.pointer(log.entries)}").ref
    if events.window is not None:
        since, until = e.read(events.window, 0), e.read(events.window, 1)
        outside = (step < since) | (step + delay >= until)
        high = code.select(outside, low, high)
    return _Listed(low, high, place, mask)


def _segment(e: Emitter, delays: DelayRows, word: Value, bit: Value) -> _Piece:
    """The entries of one delay in a row."""
    mask = e.read(delays.masks, word)
    own = e.code.const(I64, 1) << bit
    below = e.code.call("llvm.ctpop.i64", I64, 1, mask & (own - 1))
    segment = e.read_index(delays.ranks, word) + below
    return _Piece(delays.starts, _piece(e, segment), (mask & own).ne(0))


def reduce(e: Emitter, domain: Reduce) -> None:
    """All rows of the part."""
    code = e.code
    first, begin, end = shared_block(e, domain.part)
    e.once()
    with code.loop(begin, end) as element:
        row = _whole_row(e, domain, element - first)
        _entries(e, domain, element, row.begin(e), row.end(e))
    code.leave(Status.DONE)


def _whole_row(e: Emitter, domain: Propagate | Reduce, row: Value) -> _Piece:
    return _Piece(domain.rows, _piece(e, row))


def _piece(e: Emitter, row: Value) -> Value:
    """The number of the share's piece of a row."""
    return row * e.share(Word.LANES) + e.share(Word.LANE)


def _entries(
    e: Emitter, domain: Propagate | Reduce, event: Value, begin: Value, end: Value
) -> None:
    code = e.code
    far = far_side(domain).value
    e.at(**{domain.side.value: event})
    e.outer()
    if e.width > 1:
        _vectors(e, domain, begin, end)
        return
    n_values = len(e.values)

    def one(entry: Value) -> None:
        e.restart(n_values)
        synapse = entry if domain.synapses is None else e.read_index(domain.synapses, entry)
        e.at(own=synapse, **{far: e.read_index(domain.others, entry)})
        e.body()

    if len(e.kernel.inner) > UNROLLED_BELOW:
        with code.loop(begin, end) as entry:
            one(entry)
        return
    whole = end - ((end - begin) & (UNROLL - 1))
    with code.loop(begin, whole, UNROLL) as entry:
        for k in range(UNROLL):
            one(entry + k)
    with code.loop(whole, end) as entry:
        one(entry)


def _vectors(e: Emitter, domain: Propagate | Reduce, begin: Value, end: Value) -> None:
    """The same in vectors, each as long as no two of its entries reach the same neuron."""
    code, far = e.code, far_side(domain)
    entry = Var(code, I64, begin)
    again, do, done = code.label("vectors"), code.label("do"), code.label("done")
    code.jump(again)
    code.begin(again)
    now = entry.get()
    code.branch(now < end, do, done)
    code.begin(do)
    left = end - now
    n = Var(code, I64, code.select(left < e.width, left, e.width))
    if e.writes(far):
        # others ascend in a row: those that are the same are neighbours
        same = e.read_lanes(domain.others, now).eq(e.read_lanes(domain.others, now + 1))
        bits = code.let(f"i{e.width}", 1, f"bitcast {same} to i{e.width}").cast("zext", I64)
        with code.when(bits.ne(0), likely=False):
            apart = code.call("llvm.cttz.i64", I64, 1, bits, code.const(BOOL, True)) + 1
            n.set(code.select(apart < n.get(), apart, n.get()))
    mask = e.lanes_valid(n.get())
    _each_way(e, domain, now, mask)
    entry.set(now + n.get())
    code.jump(again)
    code.begin(done)


def _each_way(e: Emitter, domain: Propagate | Reduce, now: Value, mask: Value) -> None:
    """The body for the entries now, now + 1, ... of the mask; where neurons, or neurons and
    synapses, stand one after the other, memory is read and written without gathering. Long code is
    written once."""
    far, n_values = far_side(domain).value, len(e.values)

    def lanes(slot: Slot) -> Value:
        return e.code.select(mask, cast(e.code, e.read_lanes(slot, now), I64), 0)

    def body(neurons: Value, synapses: Value) -> None:
        e.restart(n_values)
        e.at(own=synapses, **{far: neurons})
        e.body()
        e.scatter(mask)

    neurons = lanes(domain.others)
    synapses = now if domain.synapses is None else lanes(domain.synapses)
    if not is_short(e.kernel):
        body(neurons, synapses)
        return
    with e.code.either(_in_sequence(e, neurons, mask)) as otherwise:
        first = e.code.lane(neurons, 0)
        if domain.synapses is None:
            body(first, synapses)
        else:
            with e.code.either(_in_sequence(e, synapses, mask)) as apart:
                body(first, e.code.lane(synapses, 0))
                apart()
                body(first, synapses)
        otherwise()
        body(neurons, synapses)


def is_short(kernel: Kernel) -> bool:
    """Whether code is written for each way in which memory may be reached."""
    return not any(op.name in library.FUNCTIONS for op in kernel.inner)


def _in_sequence(e: Emitter, lanes: Value, mask: Value) -> Value:
    """Whether the lanes of the mask are k, k + 1, ..."""
    wanted = e.code.lane(lanes, 0) + e.steps()
    return ~e.code.any(lanes.ne(wanted) & mask)
