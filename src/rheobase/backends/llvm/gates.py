"""Calls that have nothing to do are not made.

A kernel over a list of events does nothing where the list is empty, and most lists are, in most
steps; others are for some steps only. What to look at stands in the table (`gates`), WORDS for each
call:

    COUNT    address of the number of events of this step; 0: there is no list
    STARTS   address of the positions of a log (ir/kernels.EventLog); 0: events come at once
    TURN     number of those positions, less 1
    STEP, DELAY   addresses of the present step and of how many steps ago the events happened
    MASK     address of the bits that the present step must not have; 0: any step will do
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.text import BOOL, I64, PTR, Value, Var
from rheobase.ir.kernels import (
    Deliver,
    Events,
    Indexed,
    IndexList,
    Kernel,
    Propagate,
    Record,
    Sometimes,
)
from rheobase.ir.ops import has_effect

__all__ = ["WORDS", "gate_of", "is_open"]

WORDS = 8
COUNT, STARTS, TURN, STEP, DELAY, MASK = range(6)


def gate_of(kernel: Kernel) -> NDArray[np.int64]:
    """(WORDS,) the gate of a call, for the present addresses of slots."""
    words = np.zeros(WORDS, np.int64)
    if isinstance(kernel.domain, Sometimes):
        words[STEP], words[MASK] = kernel.domain.step.address, kernel.domain.mask.address
    elif any(has_effect(op) for op in kernel.once):
        pass
    else:
        _read_lists(kernel, words)
    return words


def _read_lists(kernel: Kernel, words: NDArray[np.int64]) -> None:
    match kernel.domain:
        case Indexed(list=IndexList(count=count)) | Record(list=IndexList(count=count)):
            words[COUNT] = count.address
        case Deliver(count=count):
            words[COUNT] = count.address
        case Propagate(events=events, delays=None):
            words[COUNT] = events.current.count.address
            _read_log(events, words)
        case _:
            pass


def _read_log(events: Events, words: NDArray[np.int64]) -> None:
    if events.log is None or events.step is None or events.delay is None:
        return
    words[STARTS] = events.log.starts.address
    words[TURN] = len(events.log.starts) - 1
    words[STEP], words[DELAY] = events.step.address, events.delay.address


def is_open(words: Words, call: Value, gates: str = "gates") -> Value:
    """Whether there is something to do; `gates` is the array in which the gate of `call` stands."""
    code = words.code
    gate = words.word(words.arrays[gates], call * WORDS)
    answer = Var(code, BOOL, True)
    with code.when(words.read(gate, MASK).ne(0)):
        step = words.read(words.read(gate, STEP, PTR))
        answer.set((step & words.read(words.read(gate, MASK, PTR))).eq(0))
    with code.when(words.read(gate, COUNT).ne(0)):
        delay = Var(code, I64, 0)
        with code.when(words.read(gate, STARTS).ne(0)):
            delay.set(words.read(words.read(gate, DELAY, PTR)))
        answer.set(words.read(words.read(gate, COUNT, PTR)).ne(0))
        with code.when(delay.get().ne(0)):
            starts, turn = words.read(gate, STARTS, PTR), words.read(gate, TURN)
            step = words.read(words.read(gate, STEP, PTR)) - delay.get()
            begin, end = words.read(starts, step & turn), words.read(starts, (step + 1) & turn)
            answer.set(begin.ne(end))
    return answer.get()
