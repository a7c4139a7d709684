"""Slots: the named arrays in which all state lives.

Kernels, programs and model objects hold slots; only a slot holds data. Its identity is fixed, its
content and length are not: a recording buffer grows, a group's variable does not. Memory is
aligned and padded with zeros so that native code may read and write whole vectors past the end.
"""

from __future__ import annotations

import mmap
import sys
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.ir.dtypes import DType

__all__ = ["PADDING", "VECTOR", "Buffer", "Slot"]

PADDING = 64  # bytes: the alignment of every slot, and a multiple of its padded size
VECTOR = 256  # bytes: the most that native code reads at once (32 doubles, beside random numbers)
_PAGED_FROM = 1 << 20  # bytes of a buffer that is worth pages of its own


class Slot:
    """One array of memory, shape (n,).

    name         for people; need not be unique
    dtype        element type
    generation   grows by one whenever the memory moves (pointers taken before are stale), or
                 `assign` replaces the content (what was computed from it is stale)
    moves        of all slots together: while it stays, no generation at all has changed
    """

    __slots__ = ("_address", "_data", "_lent", "_padded", "dtype", "generation", "name")
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
        n_bytes = self._padded_bytes(size)
        raw = np.zeros(n_bytes + PADDING, np.uint8)
        shift = -raw.ctypes.data % PADDING
        self._padded = raw[shift : shift + n_bytes].view(self.dtype.numpy)
        self._data = self._padded[:size]
        self._address = self._padded.ctypes.data
        self._lent = False

    def _padded_bytes(self, size: int) -> int:
        """Vectors, of VECTOR bytes at most, may begin at any element and end past the last."""
        return (size * self.dtype.numpy.itemsize // PADDING + 1) * PADDING + VECTOR

    @property
    def data(self) -> NDArray[Any]:
        """(n,)  the elements; a view: writing changes the state."""
        return self._data

    @property
    def address(self) -> int:
        return self._address

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


class Buffer(Slot):
    """A slot for results whose number is not known before: it changes its length without a copy.

    Its memory comes from the system page by page as it is written, so that what is reserved and
    not used costs nothing. NumPy would ask for huge pages, whose first use takes longer than to
    fill them where the machine is virtual and gives them back between uses. Where the system
    cannot move pages, or someone else holds `data`, there is a copy after all.
    """

    __slots__ = ("_pages",)
    _pages: mmap.mmap | None

    def _allocate(self, size: int) -> None:
        n_bytes = self._padded_bytes(size)
        self._pages = None
        if n_bytes < _PAGED_FROM:
            super()._allocate(size)
            return
        self._pages = _new_pages(n_bytes)
        self._lent = False
        self._see(size)

    def _see(self, size: int) -> None:
        """Show so many elements of the pages."""
        assert self._pages is not None
        count = self._padded_bytes(size) // self.dtype.numpy.itemsize
        self._padded = np.frombuffer(self._pages, self.dtype.numpy, count)
        self._data = self._padded[:size]
        self._address = self._padded.ctypes.data

    def resize(self, size: int) -> None:
        n_old = len(self)
        if size == n_old:
            return
        if self._pages is None or self._lent:
            super().resize(size)
            return
        dirty = mmap.PAGESIZE + PADDING + VECTOR  # what is left of the last page, and the padding
        self._padded[min(size, n_old) :][: dirty // self.dtype.numpy.itemsize] = 0
        if self._resize_pages(size):
            self._moved()
        else:
            super().resize(size)

    def _resize_pages(self, size: int) -> bool:
        """Give or take pages at the end, if that is possible."""
        pages, n_old = self._pages, len(self)
        assert pages is not None
        del self._padded, self._data
        try:
            pages.resize(self._padded_bytes(size))
        except (BufferError, OSError, SystemError):
            self._see(n_old)
            return False
        self._see(size)
        return True


def _new_pages(n_bytes: int) -> mmap.mmap:
    """Memory of zeros that is this process's own."""
    if sys.platform == "win32":
        return mmap.mmap(-1, n_bytes)
    return mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
