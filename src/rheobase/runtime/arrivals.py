"""Synapses that events are on their way to, one by one: for delays that code changes.

Where delays stay as they are during a run, events wait by neuron (runtime/delays). Where each event
may find other delays, it is put down here for each of its synapses when it happens, under the step
in which it arrives; so what is under way keeps its time, whatever becomes of the delay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import Deliver
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Slot

__all__ = ["Arrivals", "entries_of_rows"]


class Arrivals:
    """What arrives when.

    due   the lists that are due in the present step, for a kernel
    dt    of the steps, in seconds; 0 before the first

    Within a step, what set out first comes first.

    >>> arrivals = Arrivals()
    >>> arrivals.add(np.array([7, 5, 7]), np.array([10, 11, 12]))
    >>> arrivals.add(np.array([7]), np.array([10]))
    >>> arrivals.take(7).tolist(), arrivals.take(6).tolist()
    ([10, 12, 10], [])
    """

    def __init__(self) -> None:
        self._lists: dict[int, list[NDArray[np.int32]]] = {}
        self.dt = 0.0
        self.due = Deliver(
            Slot("arrivals", I64),
            Slot("arriving", I32, 0),
            Slot("pre", I32, 0),
            Slot("post", I32, 0),
        )

    def __len__(self) -> int:
        return sum(len(x) for lists in self._lists.values() for x in lists)

    def add(self, steps: NDArray[np.int64], entries: NDArray[Any]) -> None:
        """Put down entries (n,), each for the step (n,) in which it is due."""
        order = np.argsort(steps, kind="stable")
        due, ordered = steps[order], entries[order].astype(np.int32)
        begins = np.flatnonzero(np.diff(due, prepend=-1))
        bounds = [*begins.tolist(), len(due)]
        for step, begin, end in zip(due[begins].tolist(), bounds, bounds[1:]):
            self._lists.setdefault(step, []).append(ordered[begin:end])

    def take(self, step: int) -> NDArray[np.int32]:
        """The entries that are due in a step; they are under way no more."""
        found = self._lists.pop(step, None)
        return np.zeros(0, np.int32) if found is None else np.concatenate(found)

    def hand_over(
        self, entries: NDArray[Any], sources: NDArray[Any], targets: NDArray[Any]
    ) -> None:
        """Fill `due`. Its slots only grow, by factors, since moving one costs the run loop time."""
        n, slots = len(entries), (self.due.synapses, self.due.pre, self.due.post)
        for slot, values in zip(slots, (entries, sources, targets)):
            if n > len(slot):
                slot.resize(2 * n)
            slot.data[:n] = values
        self.due.count.data[0] = n

    def count_in(self, dt: float, t: float, step: int) -> None:
        """Count in steps of dt from now on: time t is step `step`.

        What is under way arrives in the step nearest to its time, and not before this one.
        """
        if dt != self.dt and self._lists:
            before, ratio, old = round(t / self.dt), self.dt / dt, self._lists
            self._lists = {}
            for due in sorted(old):
                new = step + max(0, round((due - before) * ratio))
                self._lists.setdefault(new, []).extend(old[due])
        self.dt = dt

    def renumber(self, moved: NDArray[np.int32]) -> None:
        """What was entry e is moved[e] now; -1: it is no more."""
        for due, lists in self._lists.items():
            numbers = [moved[x] for x in lists]
            self._lists[due] = [x[x >= 0] for x in numbers]

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        lists = [(due, x) for due in sorted(self._lists) for x in self._lists[due]]
        steps = [np.full(len(x), due) for due, x in lists]
        return {
            "dt": np.array([self.dt]),
            "steps": np.concatenate([np.zeros(0, np.int64), *steps]),
            "entries": np.concatenate([np.zeros(0, np.int32), *(x for _, x in lists)]),
        }

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self._lists, self.dt = {}, float(state["dt"][0])
        self.add(state["steps"], state["entries"])


def entries_of_rows(rows: NDArray[np.int64], chosen: NDArray[Any]) -> NDArray[np.int64]:
    """The entries of some rows, one row after the other.

    rows   (n + 1,)   row r holds the entries rows[r] <= e < rows[r + 1]

    >>> entries_of_rows(np.array([0, 2, 2, 5]), np.array([2, 0])).tolist()
    [2, 3, 4, 0, 1]
    """
    starts, counts = rows[chosen], rows[chosen + 1] - rows[chosen]
    ends = np.cumsum(counts)
    return np.repeat(starts - ends + counts, counts) + np.arange(int(ends[-1]) if len(ends) else 0)
