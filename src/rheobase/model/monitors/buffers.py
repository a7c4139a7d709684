"""Growing columns of equal length, filled by Record kernels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from rheobase.ir.dtypes import I64, DType
from rheobase.ir.kernels import IndexList, Part, Record
from rheobase.ir.slots import Slot

__all__ = ["Columns"]


class Columns:
    """Named columns that grow together.

    names, dtypes   of the columns
    """

    def __init__(self, names: list[str], dtypes: list[DType]) -> None:
        self.cursor = Slot("recorded", I64)
        self.slots = {n: Slot(n, d, 0) for n, d in zip(names, dtypes)}

    def __len__(self) -> int:
        return int(self.cursor.data[0])

    def reserve(self, n: int) -> None:
        """Make room for n more entries."""
        for slot in self.slots.values():
            if len(slot) < len(self) + n:
                slot.resize(len(self) + n)

    def column(self, name: str) -> NDArray[Any]:
        """(n,) what has been recorded; a copy, which later recording does not change."""
        return self.slots[name].data[: len(self)].copy()

    def record(self, list_: IndexList | None, part: Part | None) -> Record:
        """The domain that appends to the columns."""
        return Record(list_, part, self.cursor, tuple(self.slots.values()))
