"""Runs of pathways: calls that follow each other and go over rows of synapses, made together.

What an event reaches hangs on a chain of loads: where its row begins, then the entries. If there
are many pathways with an event or two each, a processor that makes call after call waits for both
in each of them. So some calls that have something to do are looked up at a time (`BATCH`): the
bounds of the rows of their first events are asked for, then the first lines of the rows, and then
the calls are made. (Events after these AHEAD are asked for within a call, see backends/llvm/rows.)

Code of synapses writes no lists, logs or rows, so that what is looked up is what the calls find.

The table has, besides the gates of the calls (backends/llvm/gates),

    run_ends   (n_calls)  for the first call of a run, the end of it; else 0
    run        address of the function below; 0: there are no runs
    asked      (n_calls, WORDS) for a call of a run, what to ask for:
               FIRST, SIZE   addresses of the first element and the size of the part
               ROWS          address of the bounds of rows, in pieces if they are cut
               INDICES       address of the events of this step
               ENTRIES, ROOM   address of the entries of the log, and their number less 1
               ARRAYS        of up to MOST arrays along the rows, address and bytes of an entry
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm import gates
from rheobase.backends.llvm.gates import gate_words, listed
from rheobase.backends.llvm.rows import AHEAD, LINE, asked_slots
from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.share import Word
from rheobase.backends.llvm.slottable import Entry, Of
from rheobase.backends.llvm.text import I32, I64, LIKELIHOOD, PTR, Code, Host, Value, Var
from rheobase.ir.domains import Propagate
from rheobase.ir.kernels import Kernel
from rheobase.ir.partition import Partition
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot

__all__ = ["SYMBOL", "WORDS", "asked_of_lane", "asked_words", "looked_up", "run_ends", "write_run"]

SYMBOL = "rheobase_run"
FIRST, SIZE, ROWS, INDICES, ENTRIES, ROOM, ARRAYS = range(7)
MOST = 3  # arrays along the rows that are asked for
WORDS = ARRAYS + 2 * MOST
BATCH = 16  # calls: what is asked for must stay in the first cache until it is used
LEAST = 4  # calls in a run
MOST_LINES = 4  # of each array: a processor notices by itself that it reads on


# ------------------------------------------------------------------ which calls, and what they read
def looked_up(kernel: Kernel) -> bool:
    """Whether calls of the kernel may belong to a run."""
    return (
        isinstance(kernel.domain, Propagate)
        and kernel.domain.delays is None
        and bool(gate_words(kernel))
    )


def run_ends(
    calls: Sequence[Call],
    may_belong: Sequence[bool],
    partition: Partition,
    is_ahead: Sequence[int],
) -> list[int]:
    """(n_calls,)  for the first call of a run, the end of it; else 0.

    Calls of a run belong to one clock; with several threads, all or none of them are divided, and
    nobody waits within it. Nor do some of them go ahead (`is_ahead`) while others follow.
    """
    ends = [0] * len(calls)
    first, known = 0, None
    for k, call in enumerate(calls):
        divided, waits = partition.divisions[k] is not None, partition.waits[k]
        kind = (call.clock, divided, is_ahead[k]) if may_belong[k] else None
        if kind is None or kind != known or waits:
            first = k
        if kind is not None and k + 1 - first >= LEAST:
            ends[first] = k + 1
        known = kind
    return ends


def asked_words(kernel: Kernel) -> list[Entry]:
    """What stands in `asked` for a call that may belong to a run."""
    domain = kernel.domain
    if not isinstance(domain, Propagate):
        return []
    events = domain.events
    words = [
        Entry(FIRST, domain.part.first),
        Entry(SIZE, domain.part.size),
        Entry(ROWS, domain.rows),
        Entry(INDICES, events.current.indices),
    ]
    if events.log is not None:
        words += [Entry(ENTRIES, events.log.entries), Entry(ROOM, events.log.entries, Of.TURN)]
    for n, slot in enumerate(asked_slots(kernel, domain)[:MOST]):
        words += [Entry(ARRAYS + 2 * n, slot), Entry(ARRAYS + 2 * n + 1, slot, Of.ITEM)]
    return words


def asked_of_lane(
    asked: NDArray[np.int64], calls: Sequence[Call], stand_ins: Mapping[int, Mapping[Slot, int]]
) -> NDArray[np.int64]:
    """`asked` for a lane that uses other addresses for some slots of each call; changes it."""
    for k, addresses in stand_ins.items():
        domain = calls[k].kernel.domain
        if isinstance(domain, Propagate) and domain.rows in addresses and asked[k, ROWS]:
            asked[k, ROWS] = addresses[domain.rows]
    return asked


# ------------------------------------------------------------------ the function
def write_run(host: Host) -> str:
    """The text of the module of void run(ptr table, i64 first, i64 end): it makes the calls
    first <= k < end."""
    code = Code(host)
    _Run(code).write()
    head = f"define void @{SYMBOL}(ptr %table, i64 %first, i64 %end) nounwind"
    return "\n".join([*sorted(code.declared), f"{head} {{\n{code.text()}\n}}", LIKELIHOOD, ""])


class _Run(Words):
    def __init__(self, code: Code) -> None:
        super().__init__(code)
        with code.hoisted():
            self.open = code.let(PTR, 1, f"alloca [{BATCH} x i64]")
            # of each piece of a row: where its bounds stand, and what the call reads along it
            self.pieces = code.let(PTR, 1, f"alloca [{2 * BATCH * AHEAD} x i64]")

    def write(self) -> None:
        code = self.code
        position = Var(code, I64, Value(code, I64, 1, "%first"))
        end = Value(code, I64, 1, "%end")
        n_open, n_pieces = Var(code, I64, 0), Var(code, I64, 0)
        batch, look, done = (code.label(x) for x in ("batch", "look", "made"))
        code.jump(batch)
        code.begin(batch)
        n_open.set(0)
        n_pieces.set(0)
        code.jump(look)
        code.begin(look)
        call = position.get()
        more, make = code.label("more"), code.label("make")
        code.branch((call < end) & (n_open.get() < BATCH), more, make)
        code.begin(more)
        self._look_up(call, n_open, n_pieces)
        position.set(call + 1)
        code.jump(look)
        code.begin(make)
        with code.loop(0, n_pieces.get()) as n:
            self._ask_along(n)
        with code.loop(0, n_open.get()) as n:
            call = self.read(self.open, n)
            self.call(call, self.read(self.arrays["functions"], call, PTR), code.null())
        code.branch(position.get() < end, batch, done)
        code.begin(done)
        code.line("ret void")

    def _look_up(self, call: Value, n_open: Var, n_pieces: Var) -> None:
        """If the call has something to do, list it and the pieces of rows of its first events."""
        code = self.code
        gate = self.word(self.arrays["gates"], call * gates.WORDS)
        low, high, delay = listed(self, gate)
        with code.when(low.ne(high)):
            self.write_word(self.open, n_open.get(), call)
            n_open.set(n_open.get() + 1)
            asked = self.word(self.arrays["asked"], call * WORDS)
            now = delay.eq(0)
            name = (
                f"select {now}, {self.read(asked, INDICES, PTR)}, {self.read(asked, ENTRIES, PTR)}"
            )
            events = code.let(PTR, 1, name)
            mask = code.select(now, -1, self.read(asked, ROOM))
            first, size = (self.read(self.read(asked, n, PTR)) for n in (FIRST, SIZE))
            share = self.read(self.arrays["shares"], call, PTR)
            lane, lanes = self.read(share, Word.LANE), self.read(share, Word.LANES)
            rows = self.read(asked, ROWS, PTR)
            far = low + AHEAD
            with code.loop(low, code.select(far < high, far, high)) as entry:
                at = code.at(events.ref, I32, entry & mask)
                row = code.let(I32, 1, f"load i32, ptr {at}").cast("sext", I64) - first
                with code.when(row.below(size)):
                    piece = self.word(rows, row * lanes + lane)
                    code.prefetch(piece.ref, 0)
                    n = n_pieces.get()
                    code.line(f"store {piece}, {self.word(self.pieces, n * 2)}")
                    code.line(f"store {asked}, {self.word(self.pieces, n * 2 + 1)}")
                    n_pieces.set(n + 1)

    def _ask_along(self, n: Value) -> None:
        """Ask for the first lines of a piece of a row."""
        code = self.code
        piece, asked = (self.read(self.pieces, n * 2 + k, PTR) for k in (0, 1))
        begin, end = self.read(piece), self.read(piece, 1)
        for k in range(MOST):
            array, size = self.read(asked, ARRAYS + 2 * k), self.read(asked, ARRAYS + 2 * k + 1)
            low, high = (array + bound * size for bound in (begin, end))
            most = low + MOST_LINES * LINE
            first = low & -LINE
            with code.loop(first, code.select(most < high, most, high), LINE) as place:
                code.prefetch(code.let(PTR, 1, f"inttoptr {place} to ptr").ref, 0)
