"""Words of the tables that say something of slots: addresses, lengths, bytes of an element.

What stands where depends on the program alone; where slots are changes whenever one grows. So an
array is filled for the present slots in one pass, however many calls there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["Entry", "Of", "SlotTable", "present"]


class Of(Enum):
    """What of a slot."""

    ADDRESS = "address"
    TURN = "number of elements, less 1"
    ITEM = "bytes of an element"


@record
class Entry:
    """A word that says something of a slot."""

    word: int
    slot: Slot
    of: Of = Of.ADDRESS


def present(slots: Iterable[Slot]) -> dict[Of, NDArray[np.int64]]:
    """What can be said of slots now: (n_slots,) of each."""
    listed = list(slots)
    return {
        Of.ADDRESS: np.array([s.address for s in listed], np.int64),
        Of.TURN: np.array([len(s) for s in listed], np.int64) - 1,
        Of.ITEM: np.array([s.dtype.numpy.itemsize for s in listed], np.int64),
    }


class SlotTable:
    """An array of `width` words for each call; words of no entry are 0.

    entries   of each call
    number    that of a slot in what `present` was given
    """

    def __init__(
        self, entries: Sequence[Sequence[Entry]], width: int, number: Callable[[Slot], int]
    ) -> None:
        self.shape = len(entries), width
        flat = [(k * width + e.word, e) for k, listed in enumerate(entries) for e in listed]
        self._places: list[tuple[Of, NDArray[np.int64], NDArray[np.int64]]] = []
        for of in Of:
            chosen = [(place, number(e.slot)) for place, e in flat if e.of is of]
            places, slots = np.array(chosen, np.int64).reshape(-1, 2).T
            self._places.append((of, places, slots))

    def filled(self, known: Mapping[Of, NDArray[np.int64]]) -> NDArray[np.int64]:
        """(n_calls, width)  for the present slots."""
        words = np.zeros(self.shape, np.int64)
        for of, places, slots in self._places:
            words.reshape(-1)[places] = known[of][slots]
        return words
