"""Where synapses are: compressed rows by source, ordered by target inside a row.

Users count synapses in the order in which they made them; memory holds them by row. For
connections made by a condition both orders are the same, and nothing is stored for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import Part
from rheobase.ir.dtypes import I32, I64, U16, DType
from rheobase.ir.slots import Buffer, Slot
from rheobase.runtime.order import (
    Column,
    Computed,
    gathered,
    is_ascending,
    lists_of,
    pieces,
    places_of,
    put_into_rows,
    rows_of,
)

__all__ = ["Connections", "end_of", "is_sorted", "number_type"]


class Connections:
    """The connection list between two groups.

    rows      I64 (n_pre + 1,)   row r holds the entries rows[r] <= e < rows[r + 1]
    targets   (n,)               the target of each entry, ascending within a row; numbered as in
                                 the target's slots; U16 where all fit (`number_type`), else I32
    order     (n,)               the entry of each synapse as users count them; None: the same
    version   changes whenever synapses are added
    """

    def __init__(self, n_pre: int) -> None:
        self.rows = Slot("rows", I64, n_pre + 1)
        self.targets: Slot = Buffer("targets", I32, 0)
        self.order: NDArray[np.int32] | None = None
        self.version = 0
        self._by_target: tuple[Slot, Slot, Slot] | None = None

    def __len__(self) -> int:
        return len(self.targets)

    def sources(self, first: int = 0) -> NDArray[np.int32]:
        """(n,) the row of each entry; rows are counted from `first`."""
        counts = np.diff(self.rows.data)
        return np.repeat(np.arange(first, first + len(counts), dtype=np.int32), counts)

    def sources_of(self, entries: NDArray[Any]) -> NDArray[np.int64]:
        """(n,) the rows of some entries."""
        return np.searchsorted(self.rows.data, entries, side="right") - 1

    def entries(self, synapses: NDArray[Any]) -> NDArray[Any]:
        """Where in memory the synapses stand, as users count them."""
        return synapses if self.order is None else self.order[synapses]

    def user_order(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values by entry, as values by synapse."""
        return values if self.order is None else values[self.order]

    def numbers(self) -> NDArray[np.int32]:
        """(n,) the synapse that stands at each entry, as users count them."""
        numbers = np.arange(len(self), dtype=np.int32)
        if self.order is not None:
            numbers[self.order] = numbers.copy()
        return numbers

    def copies(self) -> NDArray[np.int32]:
        """(n,) by entry: how many synapses of the same pair were made before."""
        begins = np.ones(len(self), bool)
        if len(self) > 1:
            sources, targets = self.sources(), self.targets.data
            begins[1:] = (sources[1:] != sources[:-1]) | (targets[1:] != targets[:-1])
        starts = np.flatnonzero(begins)
        counts = np.diff(np.append(starts, len(self)))
        return (np.arange(len(self)) - np.repeat(starts, counts)).astype(np.int32)

    def adopt(self, counts: NDArray[np.int64]) -> None:
        """Take what a generator has just made: `targets` by row, `counts` entries a row.

        Only for the first synapses; rows must be sorted (see `is_sorted`).
        """
        np.cumsum(counts, out=self.rows.data[1:])
        self._changed()

    def extend_rows(self, n_pre: int) -> None:
        """Have at least so many rows: the sources have become more."""
        n_old = len(self.rows)
        if n_pre + 1 > n_old:
            self.rows.resize(n_pre + 1)
            self.rows.data[n_old:] = len(self)

    def has_targets_below(self, end: int) -> None:
        """Say, before there are synapses, that all targets are numbers below `end`."""
        dtype = number_type(end)
        if not len(self) and dtype is not self.targets.dtype:
            self.targets = Buffer("targets", dtype, 0)

    def append(
        self, sources: Computed, targets: Computed, variables: list[Slot]
    ) -> NDArray[np.int32]:
        """Add synapses after those that exist; `variables` are carried along, new ones zero.

        Returns (n before,): the entry to which each entry has moved.
        """
        n_old, n_new = len(self), len(sources)
        if not n_old:
            for slot in variables:
                slot.resize(n_new)
            self.targets.resize(n_new)
            self.order = put_into_rows(sources, targets, self.rows.data, self.targets)
            self._changed()
            return np.zeros(0, np.int32)
        place = self._few if n_new < n_old >> 4 else self._many
        new_targets = targets.everything()
        moved, added = place(sources.everything(), new_targets)
        for slot, new in [(self.targets, new_targets), *((slot, 0) for slot in variables)]:
            values = np.empty(n_old + n_new, slot.dtype.numpy)
            values[moved] = slot.data
            values[added] = new
            slot.assign(values)
        order = np.concatenate([moved if self.order is None else moved[self.order], added])
        self.order = None if is_ascending(order) else order
        self._changed()
        return moved

    def _many(self, *new: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(n before,), (n new,): where old and new entries go; both are put in order together."""
        n_old = len(self)
        pairs = zip((self.sources(), self.targets.data), new)
        sources, targets = (np.concatenate([old, added]) for old, added in pairs)
        found = rows_of(sources, targets, len(self.rows) - 1)
        self.rows.data[:] = found.starts
        places = places_of(found.order)
        return places[:n_old], places[n_old:]

    def _few(
        self, sources: NDArray[Any], targets: NDArray[Any]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The same by looking for the place of each new one."""
        by_row = np.lexsort((targets, sources))
        before = self._ends(sources[by_row], targets[by_row])
        moved = np.arange(len(self), dtype=np.int32)
        moved += np.searchsorted(before, moved, side="right").astype(np.int32)
        added = np.empty(len(sources), np.int32)
        added[by_row] = before + np.arange(len(sources))
        self.rows.data[1:] += np.cumsum(np.bincount(sources, minlength=len(self.rows) - 1))
        return moved, added

    def _ends(self, sources: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.int64]:
        """(n,) the first entry behind all those of each pair and of smaller ones."""
        low, high = self.rows.data[sources], self.rows.data[np.asarray(sources) + 1]
        while (low < high).any():  # by bisection, of all pairs together
            middle = np.minimum((low + high) // 2, max(len(self) - 1, 0))
            smaller = (self.targets.data[middle] <= targets) & (low < high)
            low = np.where(smaller, middle + 1, low)
            high = np.where(smaller, high, np.maximum(middle, low))
        return low

    def have(self, sources: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
        """(n,) whether there is a synapse of each pair."""
        if not len(self):
            return np.zeros(len(sources), bool)
        last = self._ends(sources, targets) - 1
        found = last >= self.rows.data[sources]
        found &= self.targets.data[np.maximum(last, 0)] == targets
        return found

    def remove(self, gone: NDArray[np.bool_], variables: list[Slot]) -> NDArray[np.int32]:
        """Remove entries; users count the others on, in the order that they had.

        Returns (n before,): the entry to which each entry has moved, or -1.
        """
        kept = ~gone
        before = np.concatenate([[0], np.cumsum(kept)])
        moved = np.where(kept, before[:-1], -1).astype(np.int32)
        if self.order is not None:
            order = moved[self.order]
            order = order[order >= 0]
            ascending = len(order) < 2 or bool((np.diff(order) > 0).all())
            self.order = None if ascending else order
        for slot in (self.targets, *variables):
            slot.assign(slot.data[kept])
        self.rows.data[:] = before[self.rows.data]
        self._changed()
        return moved

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        state: dict[str, NDArray[Any]] = {"rows": self.rows.data, "targets": self.targets.data}
        return state if self.order is None else state | {"order": self.order}

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self.rows.assign(state["rows"])
        targets = state["targets"]
        if targets.dtype != self.targets.dtype.numpy:
            self.targets = Buffer("targets", U16 if targets.dtype == np.uint16 else I32, 0)
        self.targets.assign(targets)
        self.order = state["order"].copy() if "order" in state else None
        self._changed()

    def _changed(self) -> None:
        self._by_target = None
        self.version += 1

    def by_target(
        self, first_pre: int, first_post: int, n_post: int, with_sources: bool
    ) -> tuple[Slot, Slot, Slot]:
        """The same synapses by row of target: rows, sources, and the entry of each.

        first_pre, first_post   where the groups begin in the numbering of their slots
        with_sources   whether the sources matter; else their slot is any that has as many elements
        """
        if self._by_target is None:
            rows = Slot("post rows", I64, n_post + 1)
            sources = self._new_sources(first_pre)
            columns = (
                [Column(sources, partial(self._sources_at, first_pre))] if with_sources else []
            )
            starts, entries = lists_of(self.targets.data, first_post + n_post, columns)
            rows.data[:] = starts[first_post:]
            self._by_target = (rows, sources if with_sources else entries, entries)
        rows, sources, entries = self._by_target
        if with_sources and sources is entries:
            sources = self._new_sources(first_pre)
            for part in pieces(len(self)):
                sources.data[part] = self.sources_of(entries.data[part]) + first_pre
            self._by_target = (rows, sources, entries)
        return self._by_target if with_sources else (rows, entries, entries)

    def _new_sources(self, first: int) -> Buffer:
        return Buffer("sources", number_type(first + len(self.rows) - 1), len(self))

    def _sources_at(self, first: int, part: slice) -> NDArray[np.int64]:
        """The sources of some entries that follow each other; rows are counted from `first`."""
        ends: list[int] = self.sources_of(np.array([part.start, part.stop - 1])).tolist()
        low, high = ends
        bounds: NDArray[np.int64] = self.rows.data[low : high + 2].clip(part.start, part.stop)
        sources = np.arange(low + first, high + first + 1, dtype=np.int64)
        return np.repeat(sources, np.diff(bounds))

    @property
    def rows_by_target(self) -> tuple[Slot, Slot, Slot] | None:
        """What `by_target` has made, if it was asked; sources are entries if they do not matter."""
        return self._by_target

    def refill(
        self, sources: NDArray[Any], targets: NDArray[Any], first_pre: int, first_post: int
    ) -> NDArray[np.int32]:
        """Take synapses in the order in which users count them, in place of those that were there.

        Slots stay the same, those of the rows by target too. Returns (n,): which one of them stands
        at each entry.
        """
        found = rows_of(sources, targets, len(self.rows) - 1)
        self.rows.data[:] = found.starts
        self.targets.assign(found.targets)
        self.order = None if is_ascending(found.order) else places_of(found.order)
        if self._by_target is not None:
            rows, others, entries = self._by_target
            starts, listed = lists_of(self.targets.data, first_post + len(rows) - 1)
            rows.data[:] = starts[first_post:]
            entries.assign(listed.data)
            if others is not entries:
                others.assign(gathered(self.sources(first_pre), listed.data))
        return found.order


def end_of(part: Part) -> int:
    """One more than the greatest position of a part."""
    return int(part.first.data[0]) + int(part.size.data[0])


def number_type(end: int) -> DType:
    """How numbers of elements below `end` are stored."""
    return U16 if end <= 1 << 16 else I32


def is_sorted(rows: NDArray[Any], targets: NDArray[Any]) -> bool:
    """Whether targets ascend within each row."""
    begins = np.zeros(len(targets) + 1, bool)
    begins[rows] = True
    falls = np.flatnonzero(targets[1:] < targets[:-1]) + 1
    return bool(begins[falls].all())
