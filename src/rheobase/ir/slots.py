"""Slots: the named arrays in which all state lives.

Kernels, programs and model objects hold slots; only a slot holds data. Its identity is fixed, its
content and length are not: a recording buffer grows, a group's variable does not. Memory is
aligned and padded with zeros so that native code may read and write whole vectors past the end.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.ir.dtypes import DType

__all__ = ["PADDING", "Slot"]

PADDING = 64  # bytes: the alignment of every slot, and a multiple of its padded size


class Slot:
    """One array of memory, shape (n,).

    name         for people; need not be unique
    dtype        element type
    generation   grows by one whenever the memory moves (pointers taken before are stale), or
                 `assign` replaces the content (what was computed from it is stale)
    moves        of all slots together: while it stays, no generation at all has changed
    """

    __slots__ = ("_data", "_lent", "_padded", "dtype", "generation", "name")
    moves: ClassVar[int] = 0

    def __init__(
        self, name: str, dtype: DType, size: int = 1, fill: float | int | bool = 0
    ) -> None:
        self.name = name
        self.dtype = dtype
        self.generation = 0
        self._lent = False
        self._allocate(size)
        if fill:
            self._data[:] = fill

    def _allocate(self, size: int) -> None:
        width = self.dtype.numpy.itemsize
        # one whole vector of padding beyond the rounded end, so that n = 0 has memory too
        n_bytes = (size * width // PADDING + 2) * PADDING
        raw = np.zeros(n_bytes + PADDING, np.uint8)
        shift = -raw.ctypes.data % PADDING
        self._padded = raw[shift : shift + n_bytes].view(self.dtype.numpy)
        self._data = self._padded[:size]
        self._lent = False

    @property
    def data(self) -> NDArray[Any]:
        """(n,)  the elements; a view: writing changes the state."""
        return self._data

    @property
    def address(self) -> int:
        return self._padded.ctypes.data

    def lend(self, size: int) -> NDArray[Any]:
        """(size,)  the first elements, for someone who keeps them: `resize` and `assign` leave the
        array as it is. Native code that only appends does, too."""
        self._lent = True
        return self._data[:size]

    def __len__(self) -> int:
        return len(self._data)

    def resize(self, size: int) -> None:
        """Change the length; the elements that both lengths have are kept, new ones are zero."""
        if size == len(self._data):
            return
        old = self._data
        self._allocate(size)
        n = min(size, len(old))
        self._data[:n] = old[:n]
        self._moved()

    def trim(self, size: int) -> None:
        """Shorten to `size` without a copy; what lies past it goes back to the system.

        For the buffer of someone who reserved more than he used: no one else may hold `data`.
        """
        raw = self._padded.base
        assert isinstance(raw, np.ndarray)
        assert size <= len(self._data)
        width = self.dtype.numpy.itemsize
        shift = self._padded.ctypes.data - raw.ctypes.data
        n_bytes = (size * width // PADDING + 2) * PADDING
        del self._padded, self._data
        raw.resize(n_bytes + shift, refcheck=False)
        self._padded = raw[shift:].view(self.dtype.numpy)
        self._padded[size:] = 0
        self._data = self._padded[:size]
        if self.address % PADDING:  # the system has moved it after all
            values = self._data
            self._allocate(size)
            self._data[:] = values
        self._moved()

    def _moved(self) -> None:
        self.generation += 1
        Slot.moves += 1

    def assign(self, values: ArrayLike) -> None:
        """Replace content and length."""
        array = np.asarray(values, self.dtype.numpy)
        if array.shape != self._data.shape or self._lent:
            self._allocate(len(array))
        self._data[:] = array
        self._moved()

    def __repr__(self) -> str:
        return f"<Slot {self.name}: {self.dtype.value}[{len(self)}]>"
