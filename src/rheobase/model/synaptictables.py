"""Whole numbers of synapses that follow from where they stand: who their neurons are, how many."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.dtypes import I32
from rheobase.ir.slots import Slot
from rheobase.model.connections import Connections, end_of
from rheobase.model.group import Group
from rheobase.model.listings import Added, rearranged
from rheobase.model.room import Room

__all__ = ["Tables"]

_OF_ENTRIES = frozenset(("i", "j", "_sources", "_copy"))
_COUNTS = frozenset(("_N_incoming", "_N_outgoing"))


class Standing(Protocol):
    """The synapses."""

    source: Group
    target: Group
    _room: Room | None

    @property
    def _connections(self) -> Connections: ...

    @property
    def _standing(self) -> Connections: ...


class Tables:
    """The numbers of some synapses, I32, made when code first asks for them.

    i, j          (n,) by entry: the neurons, as users count them
    numbers       (n,) by entry: the synapse, as users count them
    _sources      (n,) by entry: where the source stands in its slots
    _copy         (n,) by entry: how many synapses of the same pair come before
    _N_incoming   by target, where it stands in its slots
    _N_outgoing   by source, likewise

    They are made anew when the connections have changed between runs. While synapses come and go
    during a run, all but `numbers` follow.
    """

    def __init__(self, synapses: Standing) -> None:
        self._synapses = synapses
        self._made: dict[str, tuple[int, Slot]] = {}  # and of which version of the connections

    def slot(self, name: str) -> Slot:
        """The table, as the connections are now."""
        version = self._synapses._connections.version
        made, slot = self._made.get(name, (-1, Slot(name, I32, 0)))
        if made != version:
            slot.assign(self.computed(name))
            self._made[name] = (version, slot)
        return slot

    def computed(self, name: str) -> NDArray[Any]:
        """The numbers, which are not kept."""
        c, source, target = (
            self._synapses._connections,
            self._synapses.source,
            self._synapses.target,
        )
        match name:
            case "i":
                return source._numbers_at(self.computed("_sources"))
            case "j":
                return target._numbers_at(c.targets.data.astype(np.int32))
            case "numbers":
                return c.numbers()
            case "_copy":
                return c.copies()
            case "_sources":
                return c.sources() + np.int32(self._first)
            case "_N_outgoing":
                return np.concatenate([np.zeros(self._first, np.int64), np.diff(c.rows.data)])
            case _:
                return np.bincount(c.targets.data, minlength=end_of(target._span))

    @property
    def _first(self) -> int:
        """Where the first source stands."""
        return int(self._synapses.source._span.first.data[0])

    # ------------------------------------------------------------ during a run
    def entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """What was entry e is moved[e] of n, or no more (-1)."""
        for name in self._current(_OF_ENTRIES):
            slot = self._made[name][1]
            slot.assign(rearranged(slot.data, moved, n))

    def entries_removed(self, entries: NDArray[np.int64]) -> None:
        """No synapses stand at some entries any more."""
        c = self._synapses._standing
        self._count(c.sources_of(entries), c.targets.data[entries], -1)

    def entries_added(self, added: Added) -> None:
        """There are new synapses."""
        source, target = self._synapses.source, self._synapses.target
        sources = added.sources + np.int32(self._first)
        for name in self._current(_OF_ENTRIES):
            data = self._made[name][1].data
            match name:
                case "i":
                    data[added.entries] = source._numbers_at(sources)
                case "j":
                    data[added.entries] = target._numbers_at(added.targets.astype(np.int64))
                case "_sources":
                    data[added.entries] = sources
                case _:
                    pass  # _copy: counted with all of its row
        self._count(added.sources, added.targets, 1)

    def _current(self, names: frozenset[str]) -> list[str]:
        """Those that code may be reading."""
        version = self._synapses._standing.version
        return [n for n, (made, _) in self._made.items() if n in names and made == version]

    def _count(self, rows: NDArray[Any], targets: NDArray[Any], change: int) -> None:
        """So many synapses of some rows and targets have come, or gone (-1)."""
        for name in self._current(_COUNTS):
            stand = targets if name == "_N_incoming" else rows + self._first
            np.add.at(self._made[name][1].data, stand, change)
        for name in self._current(frozenset(("_copy",))):
            room = self._synapses._room
            assert room is not None
            entries, copies = room.copies(np.unique(rows))
            self._made[name][1].data[entries] = copies
