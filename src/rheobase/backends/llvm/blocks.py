"""What native code needs to let some calls go ahead of the others (ir/ahead): chunks and lists.

Lanes wait for each other once in a block of steps. One thread gains, too, if the state of a chunk
stays in a cache, and all state together would not: in the first cache where nothing else is to be
done, in the second where rows of synapses must be cut for the chunks, since each event costs
something in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm.gates import WORDS, gate_words
from rheobase.backends.llvm.lanes import Lanes, RowPieces, shares_of
from rheobase.backends.llvm.share import LONGEST, Word
from rheobase.backends.llvm.slottable import Of, SlotTable, present
from rheobase.backends.llvm.snapshots import Snapshots
from rheobase.ir.ahead import Ahead, ahead_of, bytes_of_elements
from rheobase.ir.domains import Index, IndexList
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.partition import Division
from rheobase.ir.program import Call, ClockSlots
from rheobase.ir.slots import Buffer, Slot
from rheobase.records import record

__all__ = ["Blocks"]

CHUNK: Final = 1 << 15  # bytes of state: what the first cache of today's processors holds
CHUNK_IN_ROWS: Final = 1 << 19  # and the second
MOST_PIECES: Final = 0.25  # of the memory of the rows that are cut for more chunks than lanes


@record
class _Listed:
    """One list that is made ahead: where each lane makes it, and where it is kept by step.

    events    of each lane: what a Select lists for one chunk in one step
    log       what all lanes have listed in a block, those of a lane one after the other
    starts    (n_lanes,)  where the part of a lane begins; it has room for all its elements in
              all steps (memory that nobody writes to costs nothing)
    ends      (n_chunks, LONGEST + 1)  where the entries of each step of a chunk begin and end
    """

    events: list[IndexList]
    log: Slot
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Blocks:
    """Which calls go ahead, in which chunks, for a number of lanes; and where their lists are kept.

    What it makes are arrays of the table that backends/llvm/driver describes, by name.
    """

    def __init__(self, lanes: Lanes, clocks: Sequence[ClockSlots]) -> None:
        self._lanes = lanes
        self._clocks = clocks
        self._ahead: Ahead | None = None
        self._sizes: list[int] | None = None
        self._n_chunks = 0
        self._listed: dict[int, _Listed] = {}
        self._shares = np.zeros((0, 0, len(Word)), np.int64)
        self._pieces = RowPieces(0)
        self._order: list[int] = []  # calls that go ahead, and those for which snapshots are taken
        self._snapshots: Snapshots | None = None
        self._now = np.zeros((lanes.n, 2), np.int64)

    def divide(self) -> None:
        """Decide for the present lengths of all slots, if they have changed."""
        sizes = [len(a.slot) for c in self._lanes.calls for a in c.kernel.arrays]
        if sizes != self._sizes:
            self._sizes = sizes
            self._decide()
        for k, division in (self._ahead.calls if self._ahead else {}).items():
            self._pieces.cut(k, self._lanes.calls[k].kernel, division)

    def _decide(self) -> None:
        self._ahead, self._n_chunks = _worthwhile(self._lanes.calls, self._clocks, self._lanes.n)
        self._listed, self._order = {}, []
        if self._ahead is None:
            return
        calls, n = self._lanes.calls, self._n_chunks
        self._pieces = RowPieces(n)
        self._snapshots = Snapshots(calls, self._ahead, n, LONGEST)
        seen = {k: Division(Index.OWN, size) for k, size in self._snapshots.sizes.items()}
        divided = self._ahead.calls | seen
        self._order = sorted(divided)
        self._shares = np.array([shares_of(calls[k].kernel, divided[k], n) for k in self._order])
        for row, k in enumerate(self._order):
            if k in self._ahead.lists:
                self._listed[k] = self._new_list(self._shares[row], divided[k].size)

    def _new_list(self, shares: NDArray[np.int64], size: int) -> _Listed:
        """A list of a Select, whose chunks have these shares of `size` elements."""
        longest = int(np.diff(shares[:, [Word.LOW, Word.HIGH]]).max())
        lanes = range(self._lanes.n)
        first = np.array([self._chunks_of(lane)[0] for lane in lanes])
        return _Listed(
            [IndexList(Slot("events of a chunk", I32, longest), Slot("their count", I64))
             for _ in lanes],
            Buffer("events of a block", I32, size * LONGEST),
            shares[first, Word.LOW] * LONGEST,
            np.zeros((self._n_chunks, LONGEST + 1), np.int64),
        )  # fmt: skip

    def _chunks_of(self, lane: int) -> NDArray[np.int64]:
        """(2,)  the first chunk of a lane, and the end of them."""
        return np.array([lane, lane + 1], np.int64) * self._n_chunks // self._lanes.n

    # ------------------------------------------------------------ for the table
    def numbers(self) -> dict[str, int]:
        """The numbers in the table."""
        found = {"n_ahead": 0, "n_chunks": 0, "n_lists": 0, "longest": 0, "ahead_clock": 0}
        if self._ahead is not None and self._snapshots is not None:
            found = {
                "n_ahead": len(self._order),
                "n_chunks": self._n_chunks,
                "n_lists": len(self._listed),
                "longest": self._snapshots.longest,
                "ahead_clock": self._ahead.clock,
            }
        return found

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """The arrays that all lanes share."""
        ahead = self._ahead
        is_ahead = np.zeros(len(self._lanes.calls), np.int64)
        is_ahead[[] if ahead is None else list(ahead.calls)] = 1
        list_of = np.full(len(self._lanes.calls), -1)
        gathered = np.zeros((len(self._listed), 4), np.int64)
        for row, (k, listed) in enumerate(self._listed.items()):
            assert ahead is not None
            list_of[k], out = row, ahead.lists[k]
            kept = listed.log.address, listed.ends.ctypes.data
            gathered[row] = out.indices.address, out.count.address, *kept
        delays = [] if ahead is None else [(s.address, len(s)) for s in ahead.delays]
        return {
            "ahead": np.array(self._order, np.int64),
            "is_ahead": is_ahead,
            "list_of": list_of,
            "chunk_shares": self._shares.ctypes.data
            + self._shares.strides[0] * np.arange(len(self._order)),
            "copies_at": np.zeros(len(self._lanes.calls) + 1, np.int64)
            if ahead is None or self._snapshots is None
            else self._snapshots.starts,
            "gathered": gathered,
            "delays": np.array([len(delays), *(x for pair in delays for x in pair)], np.int64),
        }

    def own_arrays(self, lane: int, entries: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """The arrays of one lane; `entries` says where the addresses of each call's slots stand."""
        local = np.zeros((len(self._listed), 4), np.int64)
        for row, listed in enumerate(self._listed.values()):
            events = listed.events[lane]
            local[row] = events.indices.address, events.count.address, listed.starts[lane], 0
        gates = self._gates(lane)
        own = {
            "ahead_gates": gates,
            "chunks": self._chunks_of(lane),
            "now": self._now[lane],
            "local": local,
        }
        if self._ahead is None or self._snapshots is None:
            return own | {"copies": local}
        return own | {"copies": self._snapshots.table(self._local_lists(lane), entries)}

    def _gates(self, lane: int) -> NDArray[np.int64]:
        """(n, WORDS)  of the calls in order, with the addresses that the lane uses."""
        entries = [gate_words(self._lanes.calls[k].kernel) for k in self._order]
        slots = dict.fromkeys(e.slot for listed in entries for e in listed)
        known, numbers = present(slots), {slot: n for n, slot in enumerate(slots)}
        for slot, address in self._stand_ins(lane).items():
            if slot in numbers:
                known[Of.ADDRESS][numbers[slot]] = address
        return SlotTable(entries, WORDS, numbers.__getitem__).filled(known)

    def _stand_ins(self, lane: int) -> dict[Slot, int]:
        """The addresses that a lane uses ahead for slots of any call."""
        if self._ahead is None:
            return {}
        clock, now = self._clocks[self._ahead.clock], self._now[lane].ctypes.data
        return {clock.step: now, clock.t: now + 8} | self._local_lists(lane)

    def _local_lists(self, lane: int) -> dict[Slot, int]:
        """The addresses that a lane uses for the lists that are made ahead."""
        found: dict[Slot, int] = {}
        for k, out in self._ahead.lists.items() if self._ahead else ():
            events = self._listed[k].events[lane]
            found |= {out.indices: events.indices.address, out.count: events.count.address}
        return found

    def stand_ins(self, lane: int) -> dict[int, dict[Slot, int]]:
        """The addresses that a lane uses ahead instead of those of some slots, by call."""
        ahead = self._ahead
        if ahead is None:
            return {}
        general = self._stand_ins(lane)
        found: dict[int, dict[Slot, int]] = {}
        for k in self._order:
            slots = self._lanes.calls[k].kernel.slots()
            found[k] = self._pieces.stand_in(k, self._lanes.calls[k].kernel)
            found[k] |= {s: address for s, address in general.items() if s in slots}
        return found


def _worthwhile(
    calls: Sequence[Call], clocks: Sequence[ClockSlots], n_lanes: int
) -> tuple[Ahead | None, int]:
    """What is to go ahead, if anything gains from it, and in how many chunks."""
    if n_lanes == 1 and bytes_of_elements(c.kernel for c in calls) < 2 * CHUNK:
        return None, 0
    ahead = ahead_of(calls)
    if ahead is None or clocks[ahead.clock].times is not None:
        return None, 0
    if any(d.data.min(initial=LONGEST) < 2 for d in ahead.delays):
        return None, 0
    chunk = CHUNK_IN_ROWS if ahead.in_rows else CHUNK
    n_chunks = n_lanes * max(1, ahead.n_bytes // (chunk * n_lanes))
    if ahead.in_rows:
        n_chunks = max(n_lanes, min(n_chunks, _most_chunks(ahead, calls) // n_lanes * n_lanes))
    return (ahead, n_chunks) if n_chunks > 1 else (None, 0)


def _most_chunks(ahead: Ahead, calls: Sequence[Call]) -> int:
    """For how many chunks there is room to cut rows."""
    rows = [RowPieces.memory(calls[k].kernel, d) for k, d in ahead.calls.items()]
    pieces, entries = (sum(column) for column in zip(*rows))
    return int(MOST_PIECES * entries / max(pieces, 1))
