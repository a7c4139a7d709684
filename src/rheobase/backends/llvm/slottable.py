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
        self._places: dict[Of, list[int]] = {of: [] for of in Of}
        self._slots: dict[Of, list[int]] = {of: [] for of in Of}
        for k, listed in enumerate(entries):
            for e in listed:
                self._places[e.of].append(k * width + e.word)
                self._slots[e.of].append(number(e.slot))

    def filled(self, known: Mapping[Of, NDArray[np.int64]]) -> NDArray[np.int64]:
        """(n_calls, width)  for the present slots."""
        words = np.zeros(self.shape, np.int64)
        for of, places in self._places.items():
            words.reshape(-1)[places] = known[of][self._slots[of]]
        return words
