"""Room between synapses: some come and some go, and the others stay where they are.

Compressed rows have no room: to change one synapse is to copy all. While synapses come and go
during a run, rows are held apart: each has entries that are free. A synapse that goes leaves its
entry free; one that comes takes a free one of its row. So a change costs what its rows and those of
its targets hold, however many synapses there are. Kernels do not know of this: they walk over free
entries too, and `_born`, the step from which on a synapse takes part, keeps those from doing
anything. It also keeps a new synapse from spikes that set out before it was there.

Whoever else looks at the connections finds them compressed: `SynapticGroup.connections` closes the
room first, and the next change opens it again. It closes by itself when a row has none left, or
when most entries are free. Each time, rows that have grown get twice the room that they used; so
opening and closing cost a few copies for each change, on average over many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.slots import Slot
from rheobase.model.connections import Connections
from rheobase.runtime.arrivals import entries_of_rows

if TYPE_CHECKING:
    from rheobase.model.synapticgroup import SynapticGroup

__all__ = ["GONE", "Room"]

GONE = 2**31 - 1  # `_born` of a free entry: a step that never comes
_LEAST = 8  # free entries of a row
_FRACTION = 8  # a row gets an eighth of its length

Entries = NDArray[np.int64]
Integers = NDArray[np.integer[Any]]


class Room:
    """The room in the rows of some synapses.

    is_open   whether there is any: else the connections are compressed
    made      by entry, while open: how many synapses were made before it; -1: never used
    """

    def __init__(
        self,
        synapses: SynapticGroup,
        connections: Connections,
        born: Slot,
        moved: Callable[[Entries], None],
    ) -> None:
        """moved: called when what was entry e is moved[e], or no more (-1)."""
        self._moved = moved
        self._synapses = synapses
        self._connections = connections
        self._born = born
        self.is_open = False
        self._dt = 0.0  # of the steps that `_born` counts
        self._made = np.zeros(0, np.int64)
        self._n_made = 0
        self._n_alive = 0
        n_pre = len(connections.rows) - 1
        self._used = [np.zeros(n_pre, np.int64), np.zeros(0, np.int64)]  # by row, by target

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
        number = c.numbers()
        rows, moved = _held_apart(c.rows.data, self._room_of(0, np.diff(c.rows.data)))
        size = int(rows[-1]) + 1  # the last entry is no synapse's: unused places of rows by target
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
        self._synapses.part.size.data[0] = size
        self.is_open = True
        self._moved(moved)

    def _open_by_target(self, by_target: tuple[Slot, Slot, Slot], moved: Entries) -> None:
        rows, sources, entries = by_target
        lengths = np.diff(rows.data)
        apart, places = _held_apart(rows.data, self._room_of(1, lengths))
        new = np.full(int(apart[-1]), len(self._made) - 1)
        new[places] = moved[entries.data]
        if sources is not entries:
            values = np.full(len(new), self._first_pre(), sources.dtype.numpy)
            values[places] = sources.data
            sources.assign(values)
        entries.assign(new)
        rows.data[:] = apart

    def _room_of(self, side: int, lengths: Entries) -> Entries:
        """(n,) free entries for each row; what was used since the last time is told by `_used`."""
        used = np.zeros(len(lengths), np.int64)
        used[: len(self._used[side])] = self._used[side][: len(lengths)]
        self._used[side] = np.zeros(len(lengths), np.int64)
        return np.maximum(np.maximum(_LEAST, lengths // _FRACTION), 2 * used)

    def close(self) -> None:
        """Compress the rows, in place: kernels that are running go on."""
        self.is_open = False
        c = self._connections
        alive = np.flatnonzero(self._born.data[:-1] != GONE)
        place = np.full(self._n_made, -1)
        place[self._made[alive]] = alive
        in_order = place[place >= 0]  # of their making
        sources = self._rows_of_entries()[in_order]
        targets = c.targets.data[in_order]
        entries = in_order[c.refill(sources, targets, self._first_pre(), self._first_post())]
        for slot in self._variables():
            slot.assign(slot.data[entries])
        self._synapses.part.size.data[0] = len(entries)
        moved = np.full(len(self._made), -1)
        moved[entries] = np.arange(len(entries))
        self._moved(moved)

    def _variables(self) -> list[Slot]:
        return [v.slot for v in self._synapses.synaptic_arrays()]

    def _rows_of_entries(self) -> Entries:
        rows = self._connections.rows.data
        return np.repeat(np.arange(len(rows) - 1), np.diff(rows))

    def _first_pre(self) -> int:
        return int(self._synapses.source.span.first.data[0])

    def _first_post(self) -> int:
        return int(self._synapses.target.span.first.data[0])

    # ------------------------------------------------------------ changes
    def are_alive(self, entries: Entries) -> NDArray[np.bool_]:
        """(n,) whether synapses stand there."""
        return np.asarray(self._born.data[entries] != GONE)

    def remove(self, entries: Entries) -> None:
        """Remove the synapses at some entries, each named once."""
        self._born.data[entries] = GONE
        self._n_alive -= len(entries)

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
        n = self._first_post() + int(self._synapses.target.span.size.data[0])
        present = c.sources_of(entries) * n + c.targets.data[entries]
        wanted = rows.astype(np.int64) * n + targets
        ordered = np.sort(wanted)  # few: it costs less to look for the many among them
        places = np.minimum(np.searchsorted(ordered, present), max(len(ordered) - 1, 0))
        return np.isin(wanted, present[ordered[places] == present])

    def add(self, rows: Integers, targets: Integers, born: int) -> Entries | None:
        """Make synapses: the entries that they take; None, with nothing done, if a row is full.

        born   the step from which on they take part
        """
        c = self._connections
        free = _chosen_free(c.rows.data, rows, lambda e: ~self.are_alive(e))
        if free is None:
            self._used[0] += np.bincount(rows, minlength=len(self._used[0]))
            return None
        if c.rows_by_target is not None and not self._add_by_target(free, rows, targets):
            return None
        c.targets.data[free] = targets
        for slot in self._variables():
            slot.data[free] = 0
        self._born.data[free] = born
        self._made[free] = self._n_made + np.arange(len(free))
        self._n_made += len(free)
        self._n_alive += len(free)
        self._used[0] += np.bincount(rows, minlength=len(self._used[0]))
        return free

    def _add_by_target(self, entries: Entries, sources: Integers, targets: Integers) -> bool:
        """Find the entries by their targets, too; False, with nothing done, if a row is full."""
        c = self._connections
        assert c.rows_by_target is not None
        rows, others, listed = c.rows_by_target
        nobody = len(self._made) - 1
        columns = targets.astype(np.int64) - self._first_post()
        self._used[1] += np.bincount(columns, minlength=len(self._used[1]))
        old = entries[self._made[entries] >= 0]
        left = np.unique(c.targets.data[old].astype(np.int64)) - self._first_post()
        places = entries_of_rows(rows.data, left)
        freed = places[np.isin(listed.data[places], old)]
        before = listed.data[freed]
        listed.data[freed] = nobody
        taken = _chosen_free(rows.data, columns, lambda e: listed.data[e] == nobody)
        if taken is None:
            listed.data[freed] = before
            return False
        listed.data[taken] = entries
        if others is not listed:
            others.data[taken] = sources + self._first_pre()
        return True


def _chosen_free(
    rows: Entries, wanted: Integers, is_free: Callable[[Entries], NDArray[np.bool_]]
) -> Entries | None:
    """(n,) a free entry of each wanted row, each once; None if a row has not so many."""
    chosen, counts = np.unique(wanted, return_counts=True)
    places = entries_of_rows(rows, chosen)
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


def _held_apart(rows: Entries, room: Entries) -> tuple[Entries, Entries]:
    """Rows with so many free entries behind each; and where each entry stands then."""
    lengths = np.diff(rows)
    apart = np.concatenate([[0], np.cumsum(lengths + room)])
    return apart, np.arange(int(rows[-1])) + np.repeat(apart[:-1] - rows[:-1], lengths)
