"""Loops over synapses: rows of entries, an event's or all."""

from __future__ import annotations

from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.text import Value
from rheobase.ir.kernels import Events, Index, Propagate, Reduce
from rheobase.ir.program import Status

__all__ = ["propagate", "reduce"]


def propagate(e: Emitter, domain: Propagate) -> None:
    """The rows of the events that lie in the part."""
    code, events = e.code, domain.events
    first, size = e.read(domain.part.first), e.read(domain.part.size)
    low, high, mask = _events(e, events)
    e.once()
    with code.loop(low, high) as position:
        if events.log is None or mask is None:
            event = e.read_index(events.current.indices, position)
        else:
            event = e.read_index(events.log.entries, position & mask)
        row = event - first
        with code.when(row.below(size)):
            _row(e, domain, event, row)
    code.leave(Status.DONE)


def _events(e: Emitter, events: Events) -> tuple[Value, Value, Value | None]:
    """The positions low <= p < high of the events; in a log, entry p stands at p & mask."""
    if events.log is None or events.delay is None or events.step is None:
        n = e.read(events.current.count)
        return n - n, n, None
    turn = e.length(events.log.starts) - 1
    step = e.read(events.step) - e.read(events.delay)
    low = e.read(events.log.starts, step & turn)
    high = e.read(events.log.starts, (step + 1) & turn)
    return low, high, e.length(events.log.entries) - 1


def reduce(e: Emitter, domain: Reduce) -> None:
    """All rows of the part."""
    code = e.code
    first, size = e.read(domain.part.first), e.read(domain.part.size)
    e.once()
    with code.loop(0, size) as row:
        _row(e, domain, row + first, row)
    code.leave(Status.DONE)


def _row(e: Emitter, domain: Propagate | Reduce, event: Value, row: Value) -> None:
    code = e.code
    near, far = ("pre", "post") if domain.side is Index.PRE else ("post", "pre")
    begin, end = e.read(domain.rows, row), e.read(domain.rows, row + 1)
    e.at(**{near: event})
    e.outer()
    with code.loop(begin, end) as entry:
        synapse = entry if domain.synapses is None else e.read_index(domain.synapses, entry)
        e.at(own=synapse, **{far: e.read_index(domain.others, entry)})
        e.body()
