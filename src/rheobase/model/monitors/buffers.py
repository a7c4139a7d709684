"""Growing columns of equal length, filled by Record kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from rheobase.ir.domains import IndexList, Part, Record
from rheobase.ir.dtypes import I64, DType
from rheobase.ir.slots import Slot

__all__ = ["Columns"]


class Columns:
    """Named columns that grow together.

    names, dtypes   of the columns
    """

    def __init__(self, names: Sequence[str], dtypes: Sequence[DType]) -> None:
        self.cursor = Slot("recorded", I64)
        self.slots = {n: Slot(n, d, 0) for n, d in zip(names, dtypes, strict=True)}
        self.full: Callable[[int], None] | None = None  # instead of growing; see streams.py

    def __len__(self) -> int:
        return int(self.cursor.data[0])

    def reserve(self, n: int) -> None:
        """Make room for n more entries.

        Exactly so many, so that a long run needs no more memory than its data; but half as much
        again at least as there is already, so that many short runs do not copy all data each time.
        Memory that is not written yet costs nothing: the operating system gives it when it is.
        """
        for slot in self.slots.values():
            needed = len(self) + n
            if len(slot) < needed:
                slot.resize(max(needed, len(slot) + len(slot) // 2))

    def fill(self, n: int) -> None:
        """Have at least n entries, those behind the recorded ones as they happen to be."""
        self.reserve(max(n - len(self), 0))
        self.cursor.data[0] = max(n, len(self))

    def column(self, name: str) -> NDArray[Any]:
        """(n,) what has been recorded: not a copy, but later recording does not change it."""
        return self.slots[name].lend(len(self))

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint: what has been recorded."""
        return {name: slot.data[: len(self)] for name, slot in self.slots.items()}

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint; columns that were handed out stay as they are."""
        for name, slot in self.slots.items():
            slot.assign(state[name])
            self.cursor.data[0] = len(state[name])

    def record(self, list_: IndexList | None, part: Part | None) -> Record:
        """The domain that appends to the columns."""
        return Record(list_, part, self.cursor, tuple(self.slots.values()))
