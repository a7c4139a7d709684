"""Putting elements in the order of whole numbers.

A number and the position of its element are packed into one word of 64 bits; words are sorted,
which NumPy does with vectors at a few ns each, and the positions read back. Words differ, so equal
numbers stay as they come. What is computed in passing is done piece by piece, in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Buffer, Slot
from rheobase.records import record

__all__ = [
    "Column",
    "Computed",
    "Rows",
    "gathered",
    "is_ascending",
    "lists_of",
    "pieces",
    "places_of",
    "put_into_rows",
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
        found = Buffer("column", I32, len(self.words))
        for part in pieces(len(found)):
            found.data[part] = self.numbers(k, part)
        return found

    def numbers(self, k: int, part: slice) -> NDArray[np.int64]:
        """A part of a column."""
        shift, mask = np.int64(sum(self.widths[k + 1 :])), np.int64((1 << self.widths[k]) - 1)
        return (self.words[part] >> shift) & mask

    def starts(self, n_keys: int) -> NDArray[np.int64]:
        """(n_keys + 1,) where each number of the first column begins."""
        shift = np.int64(sum(self.widths[1:]))
        return np.searchsorted(self.words, np.arange(n_keys + 1, dtype=np.int64) << shift)


def _words(*columns: NDArray[Any] | Computed, ends: Sequence[int]) -> _Words | None:
    """Columns of numbers, sorted by the first, then by the next; None: they are too wide.

    ends   of each column: all numbers are 0 <= number < end; the end of the first fits, too
    """
    n = len(columns[0])
    widths = [end.bit_length() for end in ends]
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
    found = _words(keys, ends=[int(keys.max(initial=0)) + 1])
    assert found is not None
    return found.column(1).data


@record
class Column:
    """What elements have beside their keys.

    out      (n,) where it is put
    values   gives those of a part of the elements
    """

    out: Slot
    values: Callable[[slice], NDArray[Any]]


def lists_of(
    keys: NDArray[Any], n_keys: int, columns: Sequence[Column] = ()
) -> tuple[NDArray[np.int64], Buffer]:
    """(n_keys + 1,) where each key begins in a list of elements, and the list, I32 (n,).

    keys      (n,) numbers, 0 <= key < n_keys; those of a list come as the elements do
    columns   are filled with what they have for the elements, in the order of the list

    A counting sort of some elements at a time, so that hardly more memory is taken than is given.
    """
    n = len(keys)
    starts = np.zeros(n_keys + 1, np.int64)
    at_once = max(_AT_ONCE, n >> 6, n_keys >> 2)
    parts = [slice(b, min(b + at_once, n)) for b in range(0, n, at_once)]
    for part in parts:
        starts[1:] += np.bincount(keys[part], minlength=n_keys)
    np.cumsum(starts, out=starts)
    listed, ends = Buffer("list", I32, n), starts[:-1].copy()  # where the next of each key goes
    for part in parts:
        order = stable_order(keys[part])
        ordered = keys[part][order]
        begins = np.flatnonzero(np.diff(ordered, prepend=-1))
        counts = np.diff(begins, append=len(ordered))
        own = ordered[begins]
        places = np.arange(len(ordered)) + np.repeat(ends[own] - begins, counts)
        listed.data[places] = order + np.int32(part.start)
        for column in columns:
            column.out.data[places] = column.values(part)[order]
        ends[own] += counts
    return starts, listed


class Computed:
    """A column of numbers that is computed when it is looked at, part by part.

    n        how many there are
    end      all are 0 <= number < end
    values   gives those of a part

    >>> Computed(10, 100, lambda part: np.arange(part.start, part.stop)**2)[2:4].tolist()
    [4, 9]
    """

    def __init__(self, n: int, end: int, values: Callable[[slice], NDArray[Any]]) -> None:
        self.end = end
        self._n, self._values = n, values

    @classmethod
    def of(cls, values: NDArray[Any]) -> Computed:
        """Numbers that are there already."""
        return cls(len(values), int(values.max(initial=0)) + 1, values.__getitem__)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, part: slice) -> NDArray[Any]:
        return self._values(slice(*part.indices(self._n)))

    def everything(self) -> NDArray[np.int32]:
        """(n,) all of it."""
        found = Buffer("column", I32, self._n).data
        for part in pieces(self._n):
            found[part] = self[part]
        return found


def put_into_rows(
    sources: Computed, targets: Computed, starts: NDArray[np.int64], out: Slot
) -> NDArray[np.int32] | None:
    """Put pairs into compressed rows; (n,) where each pair stands, None: as they come.

    starts   (n_rows + 1,) is filled: row r holds the entries starts[r] <= e < starts[r + 1]
    out      (n,) is filled with the targets, ascending within a row, equal ones as they came

    Takes 12 bytes for each pair beside `out`, of which 8 are given back.
    """
    n = len(sources)
    if is_ascending(sources, targets):
        starts[:] = 0
        for part in pieces(n):
            rows = sources[part]
            counts = np.bincount(rows - rows[0])
            starts[rows[0] + 1 :][: len(counts)] += counts
            out.data[part] = targets[part]
        np.cumsum(starts, out=starts)
        return None
    found = _words(sources, targets, ends=(len(starts), targets.end))
    if found is None:
        rows = rows_of(sources.everything(), targets.everything(), len(starts) - 1)
        starts[:], out.data[:] = rows.starts, rows.targets
        return places_of(rows.order)
    starts[:] = found.starts(len(starts) - 1)
    places = np.empty(n, np.int32)
    for part in pieces(n):
        out.data[part] = found.numbers(1, part)
        places[found.numbers(2, part)] = np.arange(part.start, part.stop, dtype=np.int32)
    return places


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
    found = _words(sources, targets, ends=(n_rows, int(targets.max(initial=0)) + 1))
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


def is_ascending(
    major: NDArray[Any] | Computed, minor: NDArray[Any] | Computed | None = None
) -> bool:
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
