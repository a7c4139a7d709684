"""Room between synapses: some come and some go, and the others stay where they are.

Compressed rows have no room: to change one synapse is to copy all. While synapses come and go
during a run, rows are held apart: each has entries that are free. A synapse that goes leaves its
entry free; one that comes takes a free one of its row. So a change costs what its rows and those of
its targets hold, however many synapses there are. Kernels do not know of this: they walk over free
entries too, and `_born`, the step from which on a synapse takes part, keeps those from doing
anything. It also keeps a new synapse from spikes that set out before it was there.

Lists of synapses beside the rows have room in the same way (model/listings); whoever knows synapses
by where they stand is told when all of them move, and which are gone.

Whoever else looks at the connections finds them compressed: `SynapticGroup._connections` closes the
room first, and the next change opens it again. It closes by itself when a row has none left, or
when most entries are free. Each time, rows that have grown get twice the room that they used; so
opening and closing cost a few copies for each change, on average over many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.slots import Slot
from rheobase.model.connections import Connections
from rheobase.model.listings import (
    Added,
    Entries,
    Free,
    Integers,
    Listing,
    chosen_free,
    held_apart,
    room_for,
)
from rheobase.runtime.arrivals import entries_of_rows

if TYPE_CHECKING:
    from rheobase.model.synapticgroup import SynapticGroup

__all__ = ["GONE", "Room"]

GONE = 2**31 - 1  # `_born` of a free entry: a step that never comes
_LEAST = 8  # free entries of a row


class Room:
    """The room in the rows of some synapses.

    is_open   whether there is any: else the connections are compressed
    made      by entry, while open: how many synapses were made before it; -1: never used
    """

    def __init__(self, synapses: SynapticGroup, connections: Connections, born: Slot) -> None:
        self._synapses = synapses
        self._connections = connections
        self._born = born
        self.is_open = False
        self._dt = 0.0  # of the steps that `_born` counts
        self._made = np.zeros(0, np.int64)
        self._n_made = 0
        self._n_alive = 0
        self._used = np.zeros(len(connections.rows) - 1, np.int64)  # entries of each row
        self._by_target: Listing | None = None

    def __len__(self) -> int:
        """The number of synapses, while open."""
        return self._n_alive

    def count_in(self, dt: float) -> None:
        """Count in steps of dt, s, from now on; while closed."""
        if self._dt and dt != self._dt:
            self._born.data[:] = np.rint(self._born.data * (self._dt / dt))
        self._dt = dt

    # ------------------------------------------------------------ opening and closing
    def open(self) -> None:
        """Hold the rows apart."""
        c, n = self._connections, len(self._connections)
        self._n_alive = self._n_made = n
        number, lengths = c.numbers(), np.diff(c.rows.data)
        rows, moved = held_apart(c.rows.data, room_for(lengths, self._used, _LEAST))
        self._used = np.zeros(len(lengths), np.int64)
        size = int(rows[-1]) + 1  # the last entry is no synapse's: free places of lists name it
        for slot in (c.targets, *self._variables()):
            values = np.full(size, slot.data[0] if n else 0, slot.dtype.numpy)
            values[moved] = slot.data
            slot.assign(values)
        if not n:
            c.targets.data[:] = self._first_post()
        free = np.ones(size, bool)
        free[moved] = False
        self._born.data[free] = GONE
        self._made = np.full(size, -1)
        self._made[moved] = number
        c.rows.data[:] = rows
        if c.rows_by_target is not None:
            self._open_by_target(c.rows_by_target, moved)
        self._synapses._part.size.data[0] = size
        self.is_open = True
        self._synapses._entries_moved(moved, size)

    def _open_by_target(self, by_target: tuple[Slot, Slot, Slot], moved: Entries) -> None:
        rows, sources, entries = by_target
        if self._by_target is None or not self._by_target.is_of(entries):
            self._by_target = Listing(rows, entries, sources, _LEAST)
        self._by_target.fill(rows.data.copy(), moved[entries.data], sources.data, self.free())

    def free(self) -> Free:
        """What stands at free places of lists by target, or of any that list entries."""
        return Free(len(self._made) - 1, self._first_pre())

    def close(self) -> None:
        """Compress the rows, in place: kernels that are running go on."""
        self.is_open = False
        c = self._connections
        alive = self.alive()
        place = np.full(self._n_made, -1)
        place[self._made[alive]] = alive
        in_order = place[place >= 0]  # of their making
        sources = self._rows_of_entries()[in_order]
        targets = c.targets.data[in_order]
        entries = in_order[c.refill(sources, targets, self._first_pre(), self._first_post())]
        for slot in self._variables():
            slot.assign(slot.data[entries])
        self._synapses._part.size.data[0] = len(entries)
        moved = np.full(len(self._made), -1)
        moved[entries] = np.arange(len(entries))
        self._synapses._entries_moved(moved, len(entries))
        self._synapses._counted_anew(np.where(place >= 0, np.cumsum(place >= 0) - 1, -1))

    def _variables(self) -> list[Slot]:
        return [v.slot for v in self._synapses._synaptic_arrays()]

    def _rows_of_entries(self) -> Entries:
        rows = self._connections.rows.data
        return np.repeat(np.arange(len(rows) - 1), np.diff(rows))

    def _first_pre(self) -> int:
        return int(self._synapses.source._span.first.data[0])

    def _first_post(self) -> int:
        return int(self._synapses.target._span.first.data[0])

    # ------------------------------------------------------------ changes
    def are_alive(self, entries: Entries) -> NDArray[np.bool_]:
        """(n,) whether synapses stand there."""
        return np.asarray(self._born.data[entries] != GONE)

    def alive(self) -> Entries:
        """The entries at which synapses stand, while open."""
        return np.flatnonzero(self._born.data[:-1] != GONE)

    def remove(self, entries: Entries) -> None:
        """Remove the synapses at some entries, each named once."""
        self._born.data[entries] = GONE
        self._n_alive -= len(entries)
        self._synapses._entries_removed(entries)

    def copies(self, rows: Entries) -> tuple[Entries, Entries]:
        """The entries of some rows, and how many synapses of the same pair were made before."""
        c = self._connections
        entries = entries_of_rows(c.rows.data, rows)
        entries = entries[self.are_alive(entries)]
        key = c.sources_of(entries), c.targets.data[entries]
        order = np.lexsort((self._made[entries], key[1], key[0]))
        begins = np.ones(len(order), bool)
        begins[1:] = (np.diff(key[0][order]) != 0) | (np.diff(key[1][order].astype(np.int64)) != 0)
        starts = np.flatnonzero(begins)
        lengths = np.diff(np.append(starts, len(order)))
        return entries[order], np.arange(len(order)) - np.repeat(starts, lengths)

    @property
    def is_mostly_free(self) -> bool:
        """Whether it is time to close."""
        return 2 * self._n_alive < len(self._made) - _LEAST * len(self._connections.rows)

    def have(self, rows: Integers, targets: Integers) -> NDArray[np.bool_]:
        """(n,) whether there is a synapse of each pair."""
        c = self._connections
        chosen = np.unique(rows)
        entries = entries_of_rows(c.rows.data, chosen)
        entries = entries[self.are_alive(entries)]
        n = self._first_post() + int(self._synapses.target._span.size.data[0])
        present = c.sources_of(entries) * n + c.targets.data[entries]
        wanted = rows.astype(np.int64) * n + targets
        ordered = np.sort(wanted)  # few: it costs less to look for the many among them
        places = np.minimum(np.searchsorted(ordered, present), max(len(ordered) - 1, 0))
        return np.isin(wanted, present[ordered[places] == present])

    def add(
        self,
        rows: Integers,
        targets: Integers,
        born: int,
        values: Mapping[Slot, NDArray[Any]],
    ) -> bool:
        """Make synapses; False if a row is full, and then the room must be closed.

        born     the step from which on they take part
        values   of variables, in SI; others are 0
        """
        c, fresh_only = self._connections, self._synapses._entries_are_remembered
        self._used += np.bincount(rows, minlength=len(self._used))

        def is_free(entries: Entries) -> NDArray[np.bool_]:
            return self._made[entries] < 0 if fresh_only else ~self.are_alive(entries)

        entries = chosen_free(c.rows.data, rows, is_free)
        if entries is None:
            return False
        left = entries[self._made[entries] >= 0]
        added = Added(entries, rows, targets, born, values, left)
        if not self._list_by_target(added) or not self._synapses._may_list(added):
            return False
        c.targets.data[entries] = targets
        for slot in self._variables():
            slot.data[entries] = values.get(slot, 0)
        self._born.data[entries] = born
        self._made[entries] = self._n_made + np.arange(len(entries))
        self._n_made += len(entries)
        self._n_alive += len(entries)
        self._synapses._entries_added(added)
        return True

    def _list_by_target(self, added: Added) -> bool:
        """Find entries by their targets, too; False if a row is full."""
        c = self._connections
        if c.rows_by_target is None:
            return True
        assert self._by_target is not None
        columns, left = (
            targets.astype(np.int64) - self._first_post()
            for targets in (added.targets, c.targets.data[added.left])
        )
        sources = added.sources + self._first_pre()
        return self._by_target.add(columns, added.entries, sources, left, added.left)
