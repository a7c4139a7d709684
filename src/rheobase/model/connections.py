"""Where synapses are: compressed rows by source, ordered by target inside a row.

Users count synapses in the order in which they made them; memory holds them by row. For
connections made by a condition both orders are the same, and nothing is stored for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Slot

__all__ = ["Connections"]


class Connections:
    """The connection list between two groups.

    rows      I64 (n_pre + 1,)   row r holds the entries rows[r] <= e < rows[r + 1]
    targets   I32 (n,)           the target of each entry, ascending within a row; numbered as in
                                 the target's slots
    order     (n,)               the entry of each synapse as users count them; None: the same
    version   changes whenever synapses are added
    """

    def __init__(self, n_pre: int) -> None:
        self.rows = Slot("rows", I64, n_pre + 1)
        self.targets = Slot("targets", I32, 0)
        self.order: NDArray[np.int32] | None = None
        self.version = 0
        self._by_target: tuple[Slot, Slot, Slot] | None = None

    def __len__(self) -> int:
        return len(self.targets)

    def sources(self) -> NDArray[np.int32]:
        """(n,) the row of each entry."""
        counts = np.diff(self.rows.data)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

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

    def append(
        self, sources: NDArray[Any], targets: NDArray[Any], variables: list[Slot]
    ) -> NDArray[np.int32]:
        """Add synapses after those that exist; `variables` are carried along, new ones zero.

        Returns (n before,): the entry to which each entry has moved.
        """
        n_old = len(self)
        numbers = self.numbers()
        all_sources = np.concatenate([self.user_order(self.sources()), sources])
        all_targets = np.concatenate([self.user_order(self.targets.data), targets])
        by_entry = np.lexsort((all_targets, all_sources))  # stable: equal pairs keep their order
        for slot in variables:
            values = np.zeros(len(all_sources), slot.dtype.numpy)
            values[:n_old] = self.user_order(slot.data)
            slot.assign(values[by_entry])
        self.targets.assign(all_targets[by_entry])
        counts = np.bincount(all_sources, minlength=len(self.rows) - 1)
        np.cumsum(counts, out=self.rows.data[1:])
        order = np.empty(len(by_entry), np.int32)
        order[by_entry] = np.arange(len(by_entry), dtype=np.int32)
        self.order = None if np.array_equal(by_entry, np.arange(len(order))) else order
        self._changed()
        return order[numbers]

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        state: dict[str, NDArray[Any]] = {"rows": self.rows.data, "targets": self.targets.data}
        return state if self.order is None else state | {"order": self.order}

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self.rows.assign(state["rows"])
        self.targets.assign(state["targets"])
        self.order = state["order"].copy() if "order" in state else None
        self._changed()

    def _changed(self) -> None:
        self._by_target = None
        self.version += 1

    def by_target(self, first_pre: int, first_post: int, n_post: int) -> tuple[Slot, Slot, Slot]:
        """The same synapses by row of target: rows, sources, and the entry of each.

        first_pre, first_post   where the groups begin in the numbering of their slots
        """
        if self._by_target is None:
            entries = np.argsort(self.targets.data, kind="stable")
            rows, sources, synapses = Slot("post rows", I64), Slot("sources", I32), Slot("s", I32)
            counts = np.bincount(self.targets.data - first_post, minlength=n_post)
            rows.assign(np.concatenate([[0], np.cumsum(counts)]))
            sources.assign(self.sources()[entries] + first_pre)
            synapses.assign(entries)
            self._by_target = (rows, sources, synapses)
        return self._by_target


def is_sorted(rows: NDArray[Any], targets: NDArray[Any]) -> bool:
    """Whether targets ascend within each row."""
    if len(targets) < 2:
        return True
    falls = np.flatnonzero(targets[1:] < targets[:-1]) + 1
    return bool(np.all(np.isin(falls, rows)))
