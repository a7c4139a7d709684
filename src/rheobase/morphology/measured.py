"""The properties that sections and parts of sections share: numbers with units for compartments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.morphology.geometry import Compartments
from rheobase.units import metre
from rheobase.units.quantity import Quantity, quantity_with_dimensions

__all__ = ["Measured", "in_metres"]

AXES = "xyz"


def in_metres(values: Any, power: int = 1) -> Quantity:
    """SI numbers as lengths, areas (power 2) or volumes (power 3)."""
    return quantity_with_dimensions(values, metre.dim**power)


def _measure(column: str, power: int, text: str) -> Any:
    def read(self: Measured) -> Quantity:
        return in_metres(getattr(self.compartments, column), power)

    return property(read, doc=text)


def _numbers(place: str, axis: str) -> Callable[[Measured], NDArray[np.float64] | None]:
    def read(self: Measured) -> NDArray[np.float64] | None:
        points = getattr(self.compartments, place)
        return None if points is None else points[:, AXES.index(axis)]

    return read


def _coordinate(place: str, axis: str) -> Any:
    numbers = _numbers(place, axis)

    def read(self: Measured) -> Quantity | None:
        found = numbers(self)
        return None if found is None else in_metres(found)

    return property(read, doc=f"(n,) {axis} of the {place} of each compartment; None if unknown.")


def _plain(place: str, axis: str) -> Any:
    text = f"(n,) the same as {axis} of the {place} of each compartment, in metres without a unit."
    return property(_numbers(place, axis), doc=text)


class Measured:
    """Compartments whose measures can be read.

    >>> from rheobase import Cylinder, um
    >>> Cylinder(diameter=1*um, n=2, length=10*um).distance
    array([2.5, 7.5]) * umetre
    """

    @property
    def compartments(self) -> Compartments:
        """All measures, as plain numbers in SI units."""
        raise NotImplementedError

    area = _measure("area", 2, "(n,) area of the membrane of each compartment, in m^2.")
    volume = _measure("volume", 3, "(n,) volume of each compartment, in m^3.")
    length = _measure("length", 1, "(n,) length of each compartment; its diameter for a sphere.")
    diameter = _measure("diameter", 1, "(n,) diameter in the middle of each compartment.")
    start_diameter = _measure("start_diameter", 1, "(n,) diameter where each compartment starts.")
    end_diameter = _measure("end_diameter", 1, "(n,) diameter where each compartment ends.")
    distance = _measure("distance", 1, "(n,) way from the root to the middle of each compartment.")
    r_length_1 = _measure(
        "r_length_1",
        1,
        "(n,) pi d d_start / (2 length): Ri by it is the axial resistance of the first half.",
    )
    r_length_2 = _measure(
        "r_length_2",
        1,
        "(n,) pi d d_end / (2 length): Ri by it is the axial resistance of the second half.",
    )

    start_x, start_y, start_z = (_coordinate("start", axis) for axis in AXES)
    x, y, z = (_coordinate("middle", axis) for axis in AXES)
    end_x, end_y, end_z = (_coordinate("end", axis) for axis in AXES)
    start_x_, start_y_, start_z_ = (_plain("start", axis) for axis in AXES)
    x_, y_, z_ = (_plain("middle", axis) for axis in AXES)
    end_x_, end_y_, end_z_ = (_plain("end", axis) for axis in AXES)
