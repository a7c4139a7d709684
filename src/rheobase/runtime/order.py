"""Putting elements in the order of whole numbers.

A number and the position of its element are packed into one word of 64 bits; words are sorted,
which NumPy does with vectors at a few ns each, and the positions read back. Words differ, so equal
numbers stay as they come. What is computed in passing is done piece by piece, in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Buffer
from rheobase.records import record

__all__ = [
    "Rows",
    "gathered",
    "is_ascending",
    "lists_of",
    "pieces",
    "places_of",
    "rows_of",
    "stable_order",
]

_AT_ONCE = 1 << 16  # elements
_BITS = 63  # of a word: it has a sign


def pieces(n: int) -> Iterator[slice]:
    """Parts of n elements that fit into the cache."""
    for begin in range(0, n, _AT_ONCE):
        yield slice(begin, min(begin + _AT_ONCE, n))


# ------------------------------------------------------------------ words
@record
class _Words:
    """Columns of numbers and the positions of their elements, packed and sorted.

    words   I64 (n,)
    widths  bits of each column, then of the positions
    """

    words: NDArray[np.int64]
    widths: list[int]

    def column(self, k: int) -> Buffer:
        """I32 (n,) a column, or the positions, in the new order."""
        shift, mask = np.int64(sum(self.widths[k + 1 :])), np.int64((1 << self.widths[k]) - 1)
        found = Buffer("column", I32, len(self.words))
        for part in pieces(len(found)):
            found.data[part] = (self.words[part] >> shift) & mask
        return found

    def starts(self, n_keys: int) -> NDArray[np.int64]:
        """(n_keys + 1,) where each number of the first column begins."""
        shift = np.int64(sum(self.widths[1:]))
        return np.searchsorted(self.words, np.arange(n_keys + 1, dtype=np.int64) << shift)


def _words(*columns: NDArray[Any], end: int = 0) -> _Words | None:
    """Columns of numbers >= 0, sorted by the first, then by the next; None: they are too wide.

    end   one more than a number that is to fit into the first column, too
    """
    n = len(columns[0])
    widths = [int(c.max(initial=0)).bit_length() for c in columns]
    widths[0] = max(widths[0], end.bit_length())
    widths.append(max(n - 1, 0).bit_length())
    if sum(widths) > _BITS:
        return None
    words = Buffer("words", I64, n).data
    for part in pieces(n):
        word: NDArray[np.int64] = columns[0][part].astype(np.int64)
        for column, width in zip(columns[1:], widths[1:]):
            word = (word << np.int64(width)) | column[part]
        words[part] = (word << np.int64(widths[-1])) | np.arange(part.start, part.stop)
    words.sort()
    return _Words(words, widths)


def stable_order(keys: NDArray[Any]) -> NDArray[np.int32]:
    """(n,) where the elements stand in ascending order, equal ones as they come.

    keys   (n,) numbers, 0 <= key < 2^32
    Takes 12 bytes for each element, 4 of them for the result.
    """
    return lists_of(keys, 0)[1].data


def lists_of(keys: NDArray[Any], n_keys: int) -> tuple[NDArray[np.int64], Buffer]:
    """(n_keys + 1,) where each key begins in a list of elements, and the list, I32 (n,).

    See `stable_order`.
    """
    found = _words(keys, end=n_keys)
    assert found is not None
    return found.starts(n_keys), found.column(1)


@record
class Rows:
    """Pairs in compressed rows.

    starts   (n_rows + 1,)   row r holds the entries starts[r] <= e < starts[r + 1]
    targets  (n,)            ascending within a row, equal ones as they came
    order    (n,)            the pair that each entry was
    """

    starts: NDArray[np.int64]
    targets: NDArray[np.int32]
    order: NDArray[np.int32]


def rows_of(sources: NDArray[Any], targets: NDArray[Any], n_rows: int) -> Rows:
    """Pairs of numbers, 0 <= source < n_rows and 0 <= target < 2^32, as rows.

    Takes 16 bytes for each pair, 8 of them for the result.
    """
    found = _words(sources, targets, end=n_rows)
    if found is not None:
        return Rows(found.starts(n_rows), found.column(1).data, found.column(2).data)
    by_target = stable_order(targets)
    order = by_target[stable_order(gathered(sources, by_target))]
    counts = np.bincount(sources, minlength=n_rows)
    return Rows(np.append(0, np.cumsum(counts)), gathered(targets, order), order)


# ------------------------------------------------------------------ orders at work
def gathered(values: NDArray[Any], indices: NDArray[Any]) -> NDArray[Any]:
    """values[indices]"""
    out = np.empty(len(indices), values.dtype)
    for part in pieces(len(indices)):
        out[part] = values[indices[part]]
    return out


def places_of(order: NDArray[np.int32]) -> NDArray[np.int32]:
    """(n,) where each element stands in a list of all."""
    places = np.empty(len(order), np.int32)
    for part in pieces(len(order)):
        places[order[part]] = np.arange(part.start, part.stop, dtype=np.int32)
    return places


def is_ascending(major: NDArray[Any], minor: NDArray[Any] | None = None) -> bool:
    """Whether numbers never fall; with `minor`, pairs of them.

    Takes time only until the first that do.
    """
    for begin in range(0, len(major) - 1, _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE + 1)
        a = major[part]
        falls = a[1:] < a[:-1]
        if minor is not None:
            b = minor[part]
            falls |= (a[1:] == a[:-1]) & (b[1:] < b[:-1])
        if falls.any():
            return False
    return True
