"""What records see of elements that have gone ahead: values of the elements of a list, by step.

The arrays of a snapshot are as long as those that they stand for, one for each step of a block, so
that the kernel of the record finds an element where it always stands. Only what is copied into them
takes memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.ahead import Ahead
from rheobase.ir.domains import IndexList, Record
from rheobase.ir.partition import bounds
from rheobase.ir.program import Call
from rheobase.ir.slots import Buffer, Slot
from rheobase.records import record

__all__ = ["WIDTH", "Snapshots"]

MOST_BYTES: Final = 1 << 26  # reserved for all snapshots: they bound a block if they are many
SOURCE, SNAPSHOT, BYTES, PITCH, INDICES, COUNT, POSITIONS, ENTRY = range(8)
WIDTH = 8


@record
class _Copy:
    """A slot that call `number` sees; `positions` of the chunks in its list, if that is fixed."""

    number: int
    slot: Slot
    kept: Slot
    pitch: int
    positions: NDArray[np.int64] | None


class Snapshots:
    """What is copied while elements go ahead, for whom, and how many steps there is room for."""

    def __init__(self, calls: Sequence[Call], ahead: Ahead, n_chunks: int, longest: int) -> None:
        self._calls = calls
        needed = sum(_pitch(s) * s.dtype.numpy.itemsize for n in ahead.seen.values() for s in n)
        self.longest = min(longest, MOST_BYTES // max(needed, 1))
        made = {list_.count for list_ in ahead.lists.values()}
        self._copies = [
            _Copy(
                k,
                slot,
                Buffer(f"{slot.name} by step", slot.dtype, _pitch(slot) * self.longest),
                _pitch(slot),
                None if self._list(k).count in made else self._positions(k, len(slot), n_chunks),
            )
            for k, slots in ahead.seen.items()
            for slot in slots
        ]
        counts = [sum(c.number == k for c in self._copies) for k in range(len(calls))]
        self.starts = np.cumsum([0, *counts], dtype=np.int64)
        self.sizes = {c.number: len(c.slot) for c in self._copies}

    def _list(self, k: int) -> IndexList:
        domain = self._calls[k].kernel.domain
        assert isinstance(domain, Record)
        assert domain.list is not None
        return domain.list

    def _positions(self, k: int, size: int, n_chunks: int) -> NDArray[np.int64]:
        """(n_chunks + 1,)  where the elements of each chunk stand in a list that never changes."""
        list_ = self._list(k)
        listed = list_.indices.data[: int(list_.count.data[0])]
        return np.searchsorted(listed, bounds(size, n_chunks)).astype(np.int64)

    def table(self, lists: Mapping[Slot, int], entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, WIDTH)  the copies, for one lane.

        lists     the addresses that the lane uses for lists that are made ahead
        entries   where the addresses of each call's slots stand
        """
        table = np.zeros((len(self._copies), WIDTH), np.int64)
        for row, c in zip(table, self._copies):
            size, list_ = c.slot.dtype.numpy.itemsize, self._list(c.number)
            row[[SOURCE, SNAPSHOT, BYTES, PITCH]] = (
                c.slot.address, c.kept.address, size, c.pitch * size
            )  # fmt: skip
            row[INDICES] = lists.get(list_.indices, list_.indices.address)
            row[COUNT] = lists.get(list_.count, 0)
            row[POSITIONS] = 0 if c.positions is None else c.positions.ctypes.data
            slots = self._calls[c.number].kernel.slots()
            row[ENTRY] = entries[c.number] + 8 * slots.index(c.slot)
        return table


def _pitch(slot: Slot) -> int:
    """Elements from one step to the next: whole cache lines."""
    return -(-len(slot) // 64) * 64
