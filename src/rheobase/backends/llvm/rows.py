"""Loops over synapses: rows of entries, an event's or all."""

from __future__ import annotations

from dataclasses import dataclass

from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.share import Word
from rheobase.backends.llvm.text import I32, I64, PTR, Value
from rheobase.ir.kernels import Chosen, DelayRows, Events, Index, Part, Propagate, Reduce
from rheobase.ir.program import Status

__all__ = ["propagate", "reduce"]

UNROLL = 4  # entries of a row that short code treats in one turn of the loop
UNROLLED_BELOW = 6  # operations


@dataclass(frozen=True)
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
    size = high - begin
    if delays is None:
        listed = _listed(e, events, None if events.delay is None else e.read(events.delay))
        e.once()
        with code.loop(listed.low, listed.high) as position:
            event = listed.event(e, position)
            row = event - first
            with code.when(inside(e, domain.part, event, begin, size)):
                _row(e, domain, event, row)
        code.leave(Status.DONE)
        return
    n_delays = e.length(delays.steps)
    n_words = (n_delays + 63) >> 6
    e.once()
    with code.loop(0, n_delays) as k:
        listed = _listed(e, events, e.read(delays.steps, k))
        with code.loop(listed.low, listed.high) as position:
            event = listed.event(e, position)
            row = event - first
            with code.when(inside(e, domain.part, event, begin, size)):
                _segment(e, domain, delays, event, row * n_words + (k >> 6), k & 63)
    code.leave(Status.DONE)


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


def _segment(
    e: Emitter, domain: Propagate, delays: DelayRows, event: Value, word: Value, bit: Value
) -> None:
    """The entries of one delay in the row of an event, if there are any."""
    code = e.code
    mask = e.read(delays.masks, word)
    own = code.const(I64, 1) << bit
    with code.when((mask & own).ne(0)):
        below = code.call("llvm.ctpop.i64", I64, 1, mask & (own - 1))
        segment = e.read_index(delays.ranks, word) + below
        piece = _piece(e, segment)
        begin, end = e.read_index(delays.starts, piece), e.read_index(delays.starts, piece + 1)
        _entries(e, domain, event, begin, end)


def reduce(e: Emitter, domain: Reduce) -> None:
    """All rows of the part."""
    code = e.code
    first, begin, end = shared_block(e, domain.part)
    e.once()
    with code.loop(begin, end) as element:
        _row(e, domain, element, element - first)
    code.leave(Status.DONE)


def _row(e: Emitter, domain: Propagate | Reduce, event: Value, row: Value) -> None:
    piece = _piece(e, row)
    begin, end = e.read(domain.rows, piece), e.read(domain.rows, piece + 1)
    _entries(e, domain, event, begin, end)


def _piece(e: Emitter, row: Value) -> Value:
    """The number of the share's piece of a row."""
    return row * e.share(Word.LANES) + e.share(Word.LANE)


def _entries(
    e: Emitter, domain: Propagate | Reduce, event: Value, begin: Value, end: Value
) -> None:
    code = e.code
    near, far = ("pre", "post") if domain.side is Index.PRE else ("post", "pre")
    e.at(**{near: event})
    e.outer()
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
