"""The shapes that sections are made of, as numbers in SI units.

A section is a chain of truncated cones (`Cones`) or one sphere (`Sphere`). Both say what they are
at a place in a tree: `Compartments`, one row for each compartment.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.records import record

__all__ = ["Compartments", "Cones", "Shape", "Sphere", "straight"]

Floats = NDArray[np.float64]

SPHERE_AXIAL: Final = 1.0  # m: so wide that a sphere has one potential (1 ohm at 1 ohm m)


@record
class Compartments:
    """What is known of n compartments.

    length, diameter              (n,)  m; the diameter is that of the middle
    start_diameter, end_diameter  (n,)  m
    area, volume                  (n,)  m^2, m^3; the area is that of the membrane, without the ends
    r_length_1, r_length_2        (n,)  m; Ri divided by it is the axial resistance between the
                                  start and the middle, and between the middle and the end
    distance                      (n,)  m, from the root to the middle, along the tree
    start, middle, end            (n, 3) m, or None if there are no coordinates
    """

    length: Floats
    diameter: Floats
    start_diameter: Floats
    end_diameter: Floats
    area: Floats
    volume: Floats
    r_length_1: Floats
    r_length_2: Floats
    distance: Floats
    start: Floats | None
    middle: Floats | None
    end: Floats | None

    def __getitem__(self, rows: slice) -> Compartments:
        columns: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        rest: dict[str, Any] = {k: None if c is None else c[rows] for k, c in columns.items()}
        return Compartments(**rest)


@record
class Cones:
    """n truncated cones, one after the other.

    diameters  (n + 1,) m, at the start of the first and at the end of each
    lengths    (n,) m
    points     (n + 1, 3) m, where they start and end, seen from the end of the parent; or None

    Sources: lateral area and volume of a frustum of a cone, Bronstein & Semendjajew, section 3.3.
    The axial resistance is the integral of Ri dx / (pi d(x)^2 / 4) for a diameter d that changes
    linearly from d1 to d2 over a length L: 4 Ri L / (pi d1 d2).
    """

    diameters: Floats
    lengths: Floats
    points: Floats | None = None

    @property
    def span(self) -> float:
        """m, by which the section lengthens the way from the root."""
        return float(np.sum(self.lengths))

    def compartments(self, origin: Floats | None, distance: float) -> Compartments:
        """The compartments of a section that begins at `origin`, `distance` away from the root."""
        first, last = self.diameters[:-1], self.diameters[1:]
        middle, length = (first + last) / 2, self.lengths
        half_slope = (last - first) / 2
        placed = None if self.points is None else self.points + (0 if origin is None else origin)
        with np.errstate(divide="ignore", invalid="ignore"):  # no length: no resistance
            axial = np.pi / 2 / length
        return Compartments(
            length=length,
            diameter=middle,
            start_diameter=first,
            end_diameter=last,
            area=np.pi * middle * np.hypot(length, half_slope),
            volume=np.pi / 12 * length * (first**2 + first * last + last**2),
            r_length_1=axial * first * middle,
            r_length_2=axial * middle * last,
            distance=distance + np.cumsum(length) - length / 2,
            start=None if placed is None else placed[:-1],
            middle=None if placed is None else (placed[:-1] + placed[1:]) / 2,
            end=None if placed is None else placed[1:],
        )

    def moved_to(self, points: Floats) -> Cones:
        """The same with other points."""
        return Cones(self.diameters, self.lengths, points)


@record
class Sphere:
    """One compartment of one potential, whose parts are all at the same distance from the root.

    diameter  m
    points    (2, 3) m, the centre, twice; or None
    """

    diameter: float
    points: Floats | None = None

    @property
    def lengths(self) -> Floats:
        return np.array([self.diameter])

    @property
    def span(self) -> float:
        return 0.0

    def compartments(self, origin: Floats | None, distance: float) -> Compartments:
        d = self.lengths
        centre = None if self.points is None else self.points[:1]
        if centre is not None and origin is not None:
            centre = centre + origin
        axial = np.full(1, SPHERE_AXIAL)
        return Compartments(
            length=d,
            diameter=d,
            start_diameter=d,
            end_diameter=d,
            area=np.pi * d**2,
            volume=np.pi / 6 * d**3,
            r_length_1=axial,
            r_length_2=axial,
            distance=np.array([distance]),
            start=centre,
            middle=centre,
            end=centre,
        )

    def moved_to(self, points: Floats) -> Sphere:
        """The same with other points."""
        return Sphere(self.diameter, points)


Shape = Cones | Sphere


def straight(start: Floats, end: Floats, n: int) -> Floats:
    """(n + 1, 3) the ends of n compartments of equal length along a line."""
    return np.linspace(start, end, n + 1)
