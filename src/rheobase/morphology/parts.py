"""Parts of sections, and the numbers of compartments."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.morphology.geometry import Compartments
from rheobase.morphology.measured import Measured
from rheobase.morphology.selection import chosen

__all__ = ["Indices", "SubMorphology"]


class SubMorphology(Measured):
    """Neighbouring compartments of a section: `section[10*um:50*um]`.

    >>> from rheobase import Cylinder, um
    >>> part = Cylinder(diameter=1*um, n=10, length=100*um)[30*um:50*um]
    >>> part.n, part.distance
    (2, array([35., 45.]) * umetre)
    """

    def __init__(self, section: Measured, rows: slice, first: int) -> None:
        """first: the number of the first compartment of the section within its tree."""
        self._section = section
        self._rows = rows
        self._first = first + rows.start

    @property
    def compartments(self) -> Compartments:
        return self._section.compartments[self._rows]

    @property
    def n(self) -> int:
        """The number of compartments."""
        return self._rows.stop - self._rows.start

    @property
    def indices(self) -> Indices:
        """The numbers of the compartments, counted from the root of the whole tree."""
        return Indices(self, self._first)

    def _indices(self) -> NDArray[np.int64]:
        return self.indices.as_index()

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        return f"<compartments {self._rows.start}:{self._rows.stop} of {self._section!r}>"


class Indices:
    """Numbers of compartments within a tree: `section.indices[10*um:50*um]`.

    >>> from rheobase import Cylinder, um
    >>> Cylinder(diameter=1*um, n=10, length=100*um).indices[95*um]
    9
    """

    def __init__(self, part: Measured, first: int) -> None:
        self._part = part
        self.first = first

    def as_index(self) -> NDArray[np.int64]:
        """(n,) the numbers, or () where there is one: of v, it then means one value, no row."""
        numbers: NDArray[np.int64] = self[:]
        return numbers if len(numbers) != 1 else numbers.reshape(())

    def __repr__(self) -> str:
        n = len(self._part.compartments.length)
        return f"<numbers of compartments: {self.first}:{self.first + n}>"

    def __getitem__(self, item: Any) -> Any:
        rows = chosen(item, self._part.compartments.length, repr(self._part))
        numbers = np.arange(self.first + int(rows.start), self.first + int(rows.stop))
        return numbers if isinstance(item, slice) else int(numbers[0])
