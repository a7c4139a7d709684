"""Trees from points: lists of numbered points with diameters, and files in the SWC format.

A section is a chain of points of one name without a branch. Source of the format: Cannon et al.
1998, J. Neurosci. Methods 84:49-54; of the soma of three points: neuromorpho.org/SomaFormat.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from rheobase.errors import ModelValueError
from rheobase.morphology.arguments import refuse
from rheobase.morphology.geometry import Cones, Shape, Sphere
from rheobase.topics import topic

__all__ = ["Branch", "branches", "read_swc"]

_log = topic("soma_compartments")
MICRO: Final = 1e-6
TOLERANCE: Final = 1e-3  # relative: coordinates in files have few digits
SWC_TYPES: Final = {1: "soma", 2: "axon", 3: "dend", 4: "apic"}


@dataclass(eq=False)
class _Point:
    number: int
    name: str | None
    place: np.ndarray[Any, np.dtype[np.float64]]  # (3,) um
    diameter: float  # um
    parent: _Point | None
    children: list[_Point] = field(default_factory=list["_Point"])


@dataclass(eq=False)
class Branch:
    """A section to be made: its shape, its type, where it is attached and as what.

    parent   None for the root, which comes first
    name     None for the root
    """

    shape: Shape
    type: str | None
    parent: Branch | None
    name: str | None


def read_swc(path: str | Path) -> list[tuple[Any, ...]]:
    """The points of an SWC file, as `branches` takes them: diameters instead of radii.

    Raises ModelValueError for a line that is not 7 numbers.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    rows = [(k, line.split()) for k, line in enumerate(lines, 1)]
    return [_swc_point(row, k, str(path)) for k, row in rows if row and not row[0].startswith("#")]


def _swc_point(row: list[str], line: int, path: str) -> tuple[Any, ...]:
    try:
        number, kind, x, y, z, radius, parent = row
        name = SWC_TYPES.get(int(kind))
        return int(number), name, float(x), float(y), float(z), 2 * float(radius), int(parent)
    except ValueError:
        _refuse(
            f"Line {line} is '{' '.join(row)}', but a line of an SWC file has 7 numbers: "
            "number, type, x, y, z, radius, parent.",
            label=f"file '{path}'",
        )


def branches(points: Iterable[Sequence[Any]], spherical_soma: bool) -> list[Branch]:
    """The sections of a tree, parents first, in the order in which they are attached.

    points          (number, name or None, x, y, z, diameter, parent) in um; parents before their
                    children, the first with parent -1
    spherical_soma  points of the name 'soma' are spheres; three at the start may describe one
    Raises ModelValueError for points that are no tree, or that no sections can be made of.
    """
    root = _tree(list(points))
    if spherical_soma:
        _join_three_point_soma(root)
        _warn_of_somata(root)

    def is_sphere(point: _Point) -> bool:
        return spherical_soma and point.name == "soma"

    made: list[Branch] = []
    waiting: list[tuple[_Point, Branch | None, str | None]] = [(root, None, None)]
    while waiting:
        first, parent, name = waiting.pop()
        branch, last = _branch(first, parent, name, is_sphere)
        made.append(branch)
        waiting += [(p, branch, n) for p, n in reversed(_named(last.children))]
    return made


def _branch(
    first: _Point, parent: Branch | None, name: str | None, is_sphere: Callable[[_Point], bool]
) -> tuple[Branch, _Point]:
    """The section that begins with a point, and its last point."""
    if is_sphere(first):
        origin = first.parent.place if first.parent else np.zeros(3)
        centre = (first.place - origin) * MICRO
        shape = Sphere(first.diameter * MICRO, np.array([centre, centre]))
        return Branch(shape, first.name, parent, name), first
    chain = [first]
    while len(chain[-1].children) == 1 and chain[-1].children[0].name == first.name:
        chain.append(chain[-1].children[0])
    shape = _cones(chain, is_sphere)
    return Branch(shape, first.name, parent, name), chain[-1]


def _cones(chain: list[_Point], is_sphere: Callable[[_Point], bool]) -> Cones:
    before = chain[0].parent
    if before is None and len(chain) == 1:
        _refuse(
            f"The first section has one point only ({chain[0].number}), and so no length.",
            "Where a tree branches at its first point, this must be a soma.",
        )
    at = [p.place for p in ([] if before is None else [before]) + chain]
    diameters = [p.diameter for p in chain]
    if before is not None:
        diameters.insert(0, diameters[0] if is_sphere(before) else before.diameter)
    places = np.array(at) * MICRO
    origin = places[0] if before is not None else np.zeros(3)
    lengths = np.linalg.norm(np.diff(places, axis=0), axis=1)
    return Cones(np.array(diameters) * MICRO, lengths, places - origin)


def _named(points: list[_Point]) -> list[tuple[_Point, str]]:
    """The names of siblings: their own, with numbers where they repeat; or L and R, or 1, 2, 3."""
    plain = "LR" if len(points) == 2 else [str(k) for k in range(1, len(points) + 1)]
    taken: set[str] = set()
    named: list[tuple[_Point, str]] = []
    for point, number in zip(points, plain, strict=True):
        name = _free(number if point.name is None else point.name, taken)
        taken.add(name)
        named.append((point, name))
    return named


def _free(name: str, taken: set[str]) -> str:
    count = 2
    free = name
    while free in taken:
        free, count = f"{name}{count}", count + 1
    return free


# ------------------------------------------------------------------ points to trees


def _tree(points: list[Sequence[Any]]) -> _Point:
    known: dict[int, _Point] = {}
    for row in points:
        if len(row) != 7:
            _refuse(
                f"{tuple(row)} has {len(row)} values, but a point has 7: "
                "number, name, x, y, z, diameter, parent."
            )
        number, name, x, y, z, diameter, parent = row
        if number in known:
            _refuse(f"Two points have the number {number}.")
        above = None if not known and parent == -1 else known.get(parent)
        if known and above is None:
            _refuse(
                f"Point {number} follows on point {parent}, which does not come before it.",
                "One point, the first, has parent -1; all others follow on one before them.",
            )
        if not known and parent != -1:
            _refuse(f"The first point ({number}) must have the parent -1, but has {parent}.")
        known[number] = _Point(number, name, np.array([x, y, z], float), float(diameter), above)
        if above is not None:
            above.children.append(known[number])
    if not known:
        _refuse("There are no points.")
    return next(iter(known.values()))


def _all(root: _Point) -> Iterator[_Point]:
    waiting = [root]
    while waiting:
        point = waiting.pop()
        yield point
        waiting += reversed(point.children)


def _join_three_point_soma(root: _Point) -> None:
    """One sphere for a centre and two points of its surface."""
    if root.name != "soma":
        return
    others = [p for p in root.children if p.name == "soma"]
    if len(others) != 2 or any(p.children for p in others):
        return
    diameters = [p.diameter for p in (root, *others)]
    if not np.allclose(diameters, root.diameter, rtol=TOLERANCE):
        listed = ", ".join(f"{d:.3f}um" for d in diameters)
        _refuse(
            "The soma of three points is no sphere: "
            f"not all the diameters are identical ({listed}).",
            "With spherical_soma=False, the points of a soma are those of cylinders.",
        )
    away = [float(np.linalg.norm(p.place - root.place)) for p in others]
    if not np.allclose(away, root.diameter / 2, rtol=TOLERANCE):
        listed = " and ".join(f"{d:.3f}um" for d in away)
        _refuse(
            f"The soma of three points is no sphere: its radius is {root.diameter / 2:.3f}um, but "
            f"points {others[0].number} and {others[1].number} are {listed} away from its centre.",
            "With spherical_soma=False, the points of a soma are those of cylinders.",
        )
    root.children = [p for p in root.children if p not in others]


def _warn_of_somata(root: _Point) -> None:
    count = sum(p.name == "soma" for p in _all(root))
    if count > 1:
        _log.warning(
            "%d points are somata, and each will be a sphere. A soma of three points is one sphere "
            "if its centre is the first point and the two others follow on it.",
            count,
        )


def _refuse(message: str, hint: str = "", label: str = "morphology from points") -> NoReturn:
    refuse(ModelValueError, message, hint, label)
