"""Coordinates for sections of which only lengths are known.

The root goes up from its start. Sections that leave a soma are spread evenly around it, those that
leave another section around its direction, all in the x-y plane. Randomness tilts the directions
out of it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.morphology.geometry import Shape, Sphere
from rheobase.runtime import random

__all__ = ["UP", "Randomness", "directions", "placed", "surface"]

Floats = NDArray[np.float64]

UP: Final = np.array([0.0, 1.0, 0.0])
_BETWEEN: Final = 60.0  # degrees between the children of a section, if all of them find place
_WIDEST: Final = 180.0  # degrees between the first and the last of them


class Randomness:
    """Tilts directions by random angles, which seed() determines.

    section, compartment  degrees, the mean of exponentially distributed angles; 0 for none
    """

    def __init__(self, section: float, compartment: float) -> None:
        state = random.new_stream_state("coordinates")
        random.write_stream(state, random.take_streams(), 0)
        bits = np.random.Philox(key=state.data[:2].astype(np.uint64))
        self._generator = np.random.Generator(bits)
        self.section, self.compartment = section, compartment

    def tilt(self, direction: Floats, mean: float) -> Floats:
        """(3,) a direction at an exponentially distributed angle to `direction`, on any side."""
        if not mean:
            return direction
        angle = np.deg2rad(self._generator.exponential(mean))
        turn = self._generator.uniform(0, 2 * np.pi)
        one, other = _normals(direction)
        aside = np.cos(turn) * one + np.sin(turn) * other
        return np.cos(angle) * direction + np.sin(angle) * aside


def placed(shape: Shape, direction: Floats, start: Floats, randomness: Randomness) -> Shape:
    """The shape with coordinates: from `start` on, in about that direction."""
    if isinstance(shape, Sphere):
        return shape.moved_to(np.array([start, start]))
    direction = randomness.tilt(direction, randomness.section)
    points = [start]
    for length in shape.lengths:
        direction = randomness.tilt(direction, randomness.compartment)
        points.append(points[-1] + length * direction)
    return shape.moved_to(np.array(points))


def directions(shape: Shape, n: int) -> list[Floats]:
    """Where n sections go that leave a shape with coordinates."""
    if isinstance(shape, Sphere) or shape.points is None:
        return _around(n)
    step = shape.points[-1] - shape.points[-2]
    length = np.linalg.norm(step)
    return _fan(step / length if length else UP, n)


def surface(shape: Shape) -> float:
    """m, how far from the end of a shape the sections that leave it start."""
    return shape.diameter / 2 if isinstance(shape, Sphere) else 0.0


def _around(n: int) -> list[Floats]:
    """n directions, evenly spaced around a soma, from the right on and against the clock."""
    return [_turned(np.array([1.0, 0.0, 0.0]), 360 * k / n) for k in range(n)]


def _fan(direction: Floats, n: int) -> list[Floats]:
    """n directions, evenly spaced on both sides of `direction`, the first on its left."""
    half = min(_BETWEEN * (n - 1), _WIDEST) / 2
    return [_turned(direction, angle) for angle in np.linspace(half, -half, n)]


def _turned(direction: Floats, degrees: float) -> Floats:
    """The direction after a turn in the x-y plane, against the clock."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    x, y, z = direction
    return np.array([c * x - s * y, s * x + c * y, z])


def _normals(direction: Floats) -> tuple[Floats, Floats]:
    """Two directions at right angles to `direction` and to each other."""
    axis = np.eye(3)[np.argmin(np.abs(direction))]
    one: Any = np.cross(direction, axis)
    one = one / np.linalg.norm(one)
    other: Any = np.cross(direction, one)
    return one, other
