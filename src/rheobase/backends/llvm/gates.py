"""Calls that have nothing to do are not made.

A kernel over a list of events does nothing where the list is empty, and most lists are, in most
steps; others are for some steps only. What to look at stands in the table (`gates`), WORDS for each
call:

    COUNT    address of the number of events of this step; 0: there is no list
    STARTS   address of the positions of a log (ir/domains.EventLog); 0: events come at once
    TURN     number of those positions, less 1
    STEP, DELAY   addresses of the present step and of how many steps ago the events happened
    MASK     address of the bits that the present step must not have; 0: any step will do
"""

from __future__ import annotations

from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.slottable import Entry, Of
from rheobase.backends.llvm.text import BOOL, I64, PTR, Value, Var
from rheobase.ir.domains import Deliver, Events, Indexed, IndexList, Propagate, Record, Sometimes
from rheobase.ir.kernels import Kernel
from rheobase.ir.ops import has_effect

__all__ = [
    "COUNT",
    "DELAY",
    "MASK",
    "STARTS",
    "WORDS",
    "gate_words",
    "is_open",
    "listed",
]

WORDS = 8
COUNT, STARTS, TURN, STEP, DELAY, MASK = range(6)


def gate_words(kernel: Kernel) -> list[Entry]:
    """What stands in the gate of a call; nothing: it is always open."""
    domain = kernel.domain
    if isinstance(domain, Sometimes):
        return [Entry(STEP, domain.step), Entry(MASK, domain.mask)]
    if any(has_effect(op) for op in kernel.once):
        return []
    match domain:
        case Indexed(list=IndexList(count=count)) | Record(list=IndexList(count=count)):
            return [Entry(COUNT, count)]
        case Deliver(count=count):
            return [Entry(COUNT, count)]
        case Propagate(events=events, delays=None):
            return [Entry(COUNT, events.current.count), *_log_words(events)]
        case _:
            return []


def _log_words(events: Events) -> list[Entry]:
    if events.log is None or events.step is None or events.delay is None:
        return []
    starts = events.log.starts
    where = Entry(STARTS, starts), Entry(TURN, starts, Of.TURN)
    return [*where, Entry(STEP, events.step), Entry(DELAY, events.delay)]


def is_open(words: Words, call: Value, gates: str = "gates") -> Value:
    """Whether there is something to do; `gates` is the array in which the gate of `call` stands."""
    code = words.code
    gate = words.word(words.arrays[gates], call * WORDS)
    answer = Var(code, BOOL, True)
    with code.when(words.read(gate, MASK).ne(0)):
        step = words.read(words.read(gate, STEP, PTR))
        answer.set((step & words.read(words.read(gate, MASK, PTR))).eq(0))
    with code.when(words.read(gate, COUNT).ne(0)):
        low, high, _ = listed(words, gate)
        answer.set(low.ne(high))
    return answer.get()


def listed(words: Words, gate: Value) -> tuple[Value, Value, Value]:
    """(low, high, delay)  of a gate with a COUNT: events low <= p < high of the log `delay` steps
    ago, or of the list of this step, if delay is 0."""
    code = words.code
    delay, low = Var(code, I64, 0), Var(code, I64, 0)
    high = Var(code, I64, words.read(words.read(gate, COUNT, PTR)))
    with code.when(words.read(gate, STARTS).ne(0)):
        delay.set(words.read(words.read(gate, DELAY, PTR)))
    with code.when(delay.get().ne(0)):
        starts, turn = words.read(gate, STARTS, PTR), words.read(gate, TURN)
        step = words.read(words.read(gate, STEP, PTR)) - delay.get()
        low.set(words.read(starts, step & turn))
        high.set(words.read(starts, (step + 1) & turn))
    return low.get(), high.get(), delay.get()
