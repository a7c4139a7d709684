"""Lists of synapses with room: which entries belong to a neuron, or to a neuron and a delay.

A kernel that does not walk the rows of the connections themselves walks such a list: by target for
events of targets; by row and delay where synapses have delays of their own. While synapses come and
go during a run (model/room), each cell of a list has free places. They name an entry that is no
synapse's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import DelayRows
from rheobase.ir.slots import Slot
from rheobase.records import record
from rheobase.runtime.arrivals import entries_of_rows
from rheobase.runtime.order import gathered, lists_of

__all__ = [
    "Added",
    "Entries",
    "Free",
    "Integers",
    "Listing",
    "Segments",
    "chosen_free",
    "held_apart",
    "rearranged",
    "room_for",
]

Entries = NDArray[np.int64]
Integers = NDArray[np.integer]
_MOST = 4  # cells for each synapse, where each takes 4 bytes and a free place


@record
class Added:
    """Synapses that are about to be made, (n,) each.

    entries   where they will stand
    sources   their rows
    targets   as numbered in the target's slots
    born      the first step that they take part in
    values    of their variables, in SI; others are 0
    left      those of the entries at which others stood before, of which lists still know
    """

    entries: Entries
    sources: Integers
    targets: Integers
    born: int
    values: Mapping[Slot, NDArray[np.generic]]
    left: Entries


@record
class Free:
    """What stands at free places of a list: an entry that is no synapse's, and any neuron."""

    entry: int
    neuron: int


class Listing:
    """Entries by cell.

    starts   (n_cells + 1,) cell c has the places starts[c] <= p < starts[c + 1]
    listed   I32 the entry of each place
    others   the neuron on the other side of each place; `listed` itself if nobody looks
    least    free places of a cell, while there is room
    """

    def __init__(self, starts: Slot, listed: Slot, others: Slot, least: int) -> None:
        self._starts, self._listed, self._others = starts, listed, others
        self._least = least
        self._used = np.zeros(0, np.int64)  # places of each cell since room was made
        self._nobody = -1

    def is_of(self, listed: Slot) -> bool:
        """Whether this is the list in a slot."""
        return self._listed is listed

    def fill(self, starts: Entries, entries: Integers, others: Integers, free: Free | None) -> None:
        """List entries anew; free: what stands at free places, None: there are to be none."""
        if free is None:
            self._starts.assign(starts)
            self._listed.assign(entries)
            if self._others is not self._listed:
                self._others.assign(others)
            return
        lengths, self._nobody = np.diff(starts), free.entry
        apart, places = held_apart(starts, room_for(lengths, self._used, self._least))
        self._used = np.zeros(len(lengths), np.int64)
        self._starts.assign(apart)
        _spread(self._listed, entries, places, int(apart[-1]), free.entry)
        if self._others is not self._listed:
            _spread(self._others, others, places, int(apart[-1]), free.neuron)

    def add(
        self, cells: Integers, entries: Entries, others: Integers, left: Integers, gone: Entries
    ) -> bool:
        """List entries in cells; False if a cell is full, and then all must be listed anew.

        left, gone   cells that have lost entries, and these, which are listed there still
        """
        if len(self._used) == len(self._starts) - 1:
            self._used += np.bincount(cells, minlength=len(self._used))
        places = entries_of_rows(self._starts.data, np.unique(left))
        self._listed.data[places[np.isin(self._listed.data[places], gone)]] = self._nobody
        taken = chosen_free(
            self._starts.data, cells, lambda e: self._listed.data[e] == self._nobody
        )
        if taken is None:
            return False
        self._listed.data[taken] = entries
        if self._others is not self._listed:
            self._others.data[taken] = others
        return True


class Segments(Listing):
    """Entries by row and delay, as kernels walk them.

    delays   the segments (ir/domains.DelayRows): while there is room, each row has one for each
             delay that there is
    """

    def __init__(self, delays: DelayRows, listed: Slot, others: Slot) -> None:
        super().__init__(delays.starts, listed, others, 1)
        self._delays = delays

    def may_have_room(self, n_rows: int, n: int) -> bool:
        """Whether segments of all delays, in so many rows of n synapses, cost little memory."""
        return n_rows * len(_columns(self._delays.steps.data)) <= _MOST * n + 1024

    def fill_rows(
        self,
        rows: Integers,
        n_rows: int,
        steps: NDArray[np.int64],
        entries: Integers,
        others: Integers,
        free: Free | None,
    ) -> None:
        """List entries anew, (n,) each: their rows, delays in steps, and neurons; see `fill`."""
        delays = _descending(steps) if free is None else _columns(self._delays.steps.data)
        self._delays.steps.assign(delays)
        n = max(len(delays), 1)
        starts, order = lists_of(rows * n + self._column(steps), n_rows * n)
        self.fill(starts, entries[order.data], gathered(others, order.data), free)
        n_words = -(-len(delays) // 64)
        masks = np.full((n_rows, n_words), -1, np.int64)
        if len(delays) % 64:
            masks[:, -1] = (1 << (len(delays) % 64)) - 1
        self._delays.masks.assign(masks.reshape(-1))
        ranks = np.arange(n_rows)[:, None] * len(delays) + 64 * np.arange(n_words)
        self._delays.ranks.assign(ranks.reshape(-1))

    def cells(self, rows: Integers, steps: NDArray[np.int64]) -> Entries | None:
        """(n,) the cells of some synapses; None if one has a delay that no segment is for."""
        known = self._delays.steps.data
        columns = self._column(steps)
        if not len(known) or (known[np.minimum(columns, len(known) - 1)] != steps).any():
            return None
        return rows.astype(np.int64) * len(known) + columns

    def _column(self, steps: NDArray[np.int64]) -> Entries:
        return np.searchsorted(-self._delays.steps.data, -steps)


def _spread(slot: Slot, values: Integers, places: Entries, size: int, free: int) -> None:
    """Put values at some places of so many, and `free` at the others."""
    new = np.full(size, free, slot.dtype.numpy)
    new[places] = values
    slot.assign(new)


def _descending(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(steps)[::-1]


def _columns(distinct: NDArray[np.int64]) -> NDArray[np.int64]:
    """The delays that get segments: those that there are, and all between if these are as many."""
    if not len(distinct):
        return distinct
    low, high = int(distinct[-1]), int(distinct[0])
    return np.arange(high, low - 1, -1) if high - low < 2 * len(distinct) else distinct


def room_for(lengths: Entries, used: Entries, least: int) -> Entries:
    """(n,) free entries for each of some rows.

    lengths   of the rows
    used      entries that were taken since there was room the last time; other lengths: unknown
    """
    room = np.maximum(least, lengths // _FRACTION)
    if len(used):
        n = min(len(used), len(room))
        room[:n] = np.maximum(room[:n], 2 * used[:n])
    return room


_FRACTION = 8  # a row gets an eighth of its length


def rearranged(values: NDArray[Any], moved: Entries, n: int, free: int = 0) -> NDArray[Any]:
    """(n,) values by entry, when what was entry e is moved[e], or no more (-1).

    free   the value of entries at which there was nothing
    """
    kept = moved >= 0
    new = np.full(n, free, values.dtype)
    new[moved[kept]] = values[: len(moved)][kept]
    return new


def held_apart(rows: Entries, room: Entries) -> tuple[Entries, Entries]:
    """Rows with so many free entries behind each; and where each entry stands then."""
    lengths = np.diff(rows)
    apart = np.concatenate([[0], np.cumsum(lengths + room)])
    return apart, np.arange(int(rows[-1])) + np.repeat(apart[:-1] - rows[:-1], lengths)


def chosen_free(
    rows: Integers, wanted: Integers, is_free: Callable[[Entries], NDArray[np.bool_]]
) -> Entries | None:
    """(n,) a free entry of each wanted row, each once; None if a row has not so many."""
    chosen, counts = np.unique(wanted, return_counts=True)
    places = entries_of_rows(rows.astype(np.int64, copy=False), chosen)
    number = np.repeat(np.arange(len(chosen)), rows[chosen + 1] - rows[chosen])
    free = is_free(places)
    places, number = places[free], number[free]
    begins = np.searchsorted(number, np.arange(len(chosen)))
    taken = places[np.arange(len(places)) - begins[number] < counts[number]]
    if len(taken) < len(wanted):
        return None
    found = np.empty(len(wanted), np.int64)
    found[np.argsort(wanted, kind="stable")] = taken
    return found
