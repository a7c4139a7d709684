"""Trees of sections: Soma, Cylinder, Section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, UnsupportedError, did_you_mean
from rheobase.morphology import placement
from rheobase.morphology.arguments import check_one, coordinates, refuse, values
from rheobase.morphology.children import Children, is_path
from rheobase.morphology.geometry import Compartments, Cones, Shape, Sphere, straight
from rheobase.morphology.measured import AXES, Measured, in_metres
from rheobase.morphology.parts import Indices, SubMorphology
from rheobase.morphology.points import Branch, branches, read_swc
from rheobase.morphology.selection import chosen
from rheobase.morphology.topology import Topology
from rheobase.units import check_units, metre
from rheobase.units.quantity import Quantity

__all__ = ["Cylinder", "Morphology", "Section", "Soma"]


class Morphology(Measured):
    """A section of a neuron and all that is attached to it: base of Soma, Cylinder, Section.

    Attaching is assigning: `soma.axon = Cylinder(...)`. Letters L and R and digits are ways through
    the tree: `tree.LR` is `tree.L.R`, and a digit is also the place of a child, counted from 1
    (`tree['21']`). Measures (`area`, `length`, `diameter`, `distance`, `x`, ...) are those of the
    compartments of the section alone; `total_compartments` counts those of the tree.

    `section[3]`, `section[10*um]`, `section[10*um:50*um]` are compartments of the section,
    `section.indices[...]` their numbers within the tree, counted from its root, depth first.

    >>> from rheobase import Cylinder, Soma, um
    >>> neuron = Soma(diameter=30*um)
    >>> neuron.axon = Cylinder(diameter=1*um, n=10, length=100*um)
    >>> neuron.axon.L = Cylinder(diameter=1*um, n=5, length=50*um)
    >>> neuron.total_compartments, neuron.total_sections
    (16, 3)
    >>> [int(k) for k in neuron.axon.indices[25*um:45*um]]
    [3, 4, 5]
    >>> print(neuron.topology())
    ( )  [root]
       `----------|  .axon
           `-----|  .axon.L
    <BLANKLINE>
    """

    _shape: Shape
    _type: str | None
    _parent: Morphology | None
    _children: Children[Morphology]

    def __init__(self, n: Any, type: str | None = None) -> None:
        """n: the number of compartments, at least 1. Raises ModelTypeError, ModelValueError."""
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            refuse(ModelTypeError, f"n is a number of compartments, not {n!r}.")
        if n < 1:
            refuse(ModelValueError, f"A section has at least one compartment, but n = {n}.")
        self._type = type
        self._parent = None
        self._children = Children()

    # ------------------------------------------------------------ the section
    @property
    def n(self) -> int:
        """The number of compartments of this section."""
        return len(self._shape.lengths)

    @property
    def type(self) -> str | None:
        """What the section is, 'axon' for instance."""
        return self._type

    @property
    def compartments(self) -> Compartments:
        origin = None if self._parent is None else self._parent.end_point
        distance = sum(s.shape.span for s in self._way() if s is not self)
        return self._shape.compartments(origin, distance)

    @property
    def shape(self) -> Shape:
        """The lengths, diameters and points of the section, in SI units."""
        return self._shape

    @property
    def end_point(self) -> NDArray[np.float64] | None:
        """(3,) m, where the section ends; None without coordinates."""
        end: NDArray[np.float64] | None = None
        for section in self._way():
            points = section.shape.points
            end = None if points is None else points[-1] + (0 if end is None else end)
        return end

    @property
    def end_distance(self) -> Quantity:
        """() the way from the root of the tree to the end of this section; a soma adds nothing."""
        return in_metres(sum(s.shape.span for s in self._way()))

    @property
    def coordinates_(self) -> NDArray[np.float64] | None:
        """(n + 1, 3) m, where compartments start and end; None if there are no coordinates."""
        found = self.compartments
        if found.start is None or found.end is None:
            return None
        return np.concatenate([found.start[:1], found.end])

    @property
    def coordinates(self) -> Quantity | None:
        """(n + 1, 3) where compartments start and end; None if there are no coordinates."""
        found = self.coordinates_
        return None if found is None else in_metres(found)

    def copy_section(self) -> Morphology:
        """This section alone, with its coordinates, attached to nothing."""
        return _section(type(self), self._shape, self._type)

    def copy_tree(self) -> Morphology:
        """This section and all below it, with their coordinates, attached to nothing."""
        root = self.copy_section()
        waiting: list[tuple[Morphology, Morphology]] = [(self, root)]
        while waiting:
            old, new = waiting.pop()
            for name, child in zip(old.children.names(), old.children, strict=True):
                copy = child.copy_section()
                new._join(name, copy)
                waiting.append((child, copy))
        return root

    # ------------------------------------------------------------ the tree
    @property
    def parent(self) -> Morphology | None:
        """The section to which this one is attached; None for the root."""
        return self._parent

    @property
    def children(self) -> Children[Morphology]:
        """The sections that are attached to this one."""
        return self._children

    def sections(self) -> Iterator[Morphology]:
        """This section and all below it, depth first."""
        waiting: list[Morphology] = [self]
        while waiting:
            section = waiting.pop()
            yield section
            waiting += reversed(list(section.children))

    def measured(self) -> Iterator[tuple[Morphology, Compartments]]:
        """All sections of a whole tree with their compartments, in one walk from the root."""
        ends: dict[int, tuple[NDArray[np.float64] | None, float]] = {}
        for section in self.sections():
            above = section.parent
            origin, distance = (None, 0.0) if above is None else ends[id(above)]
            found = section.shape.compartments(origin, distance)
            end = None if found.end is None else found.end[-1]
            ends[id(section)] = end, distance + section.shape.span
            yield section, found

    @property
    def total_sections(self) -> int:
        """The number of sections of this tree, this one included."""
        return sum(1 for _ in self.sections())

    @property
    def total_compartments(self) -> int:
        """The number of compartments of this tree."""
        return sum(s.n for s in self.sections())

    @property
    def indices(self) -> Indices:
        """Numbers of compartments, counted from the root of the whole tree: `indices[10*um]`."""
        return Indices(self, self._first_index())

    def topology(self) -> Topology:
        """The branches of the tree, drawn with letters."""
        paths = {id(self): (0, "")}
        lines: list[tuple[int, str, str]] = []
        for section in self.sections():
            depth, path = paths[id(section)]
            lines.append((depth, path, section.mark))
            for child in section.children:
                paths[id(child)] = depth + 1, f"{path}.{section.children.name(child)}"
        return Topology(lines)

    @property
    def mark(self) -> str:
        """How the section is drawn by topology()."""
        return "-" * (self.n - 1) + "-|" if self.n < 40 else f"--({self.n})--|"

    def _way(self) -> list[Morphology]:
        """The sections from the root to this one."""
        way: list[Morphology] = []
        section: Morphology | None = self
        while section is not None:
            way.append(section)
            section = section.parent
        return way[::-1]

    def _first_index(self) -> int:
        first = 0
        for section in self._way()[0].sections():
            if section is self:
                break
            first += section.n
        return first

    def _indices(self) -> NDArray[np.int64]:
        return self.indices.as_index()

    # ------------------------------------------------------------ names
    def _find(self, name: str) -> Morphology:
        found = self._children.find(name)
        if found is None and is_path(name) and len(name) > 1:
            return self._find(name[0])._find(name[1:])
        if found is None:
            names = self._children.names()
            hint = did_you_mean(name, names) or f"There are: {', '.join(names) or 'none'}."
            raise AttributeError(f"no section '{name}' is attached to {self!r}. {hint}")
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._find(name)

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, str):
            return self._find(item)
        rows = chosen(item, self._shape.lengths, repr(self))
        return SubMorphology(self, rows, self._first_index())

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        elif not isinstance(value, Morphology):
            hint = "Attach a Cylinder or a Section."
            refuse(ModelTypeError, f"{value!r} is no section: it cannot be '{name}'.", hint)
        elif is_path(name) and len(name) > 1:
            self._find(name[:-1]).attach(name[-1], value)
        else:
            self.attach(name, value)

    def __setitem__(self, name: str, value: Morphology) -> None:
        setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        section = self._find(name)
        above = section.parent
        assert above is not None
        above.children.remove(section)
        section._parent = None

    def __delitem__(self, name: str) -> None:
        delattr(self, name)

    def attach(self, name: str, section: Morphology) -> None:
        """Attach a tree under a name; `self.name = section` does the same.

        Raises AttributeError for a name that is taken, ModelValueError for a tree that is part
        of another, or of which this section is a part.
        """
        if name in self._children.names():
            raise AttributeError(f"'{name}' is attached to {self!r} already: del it first")
        if hasattr(type(self), name) or (not name.isidentifier() and not is_path(name)):
            raise AttributeError(f"'{name}' cannot be the name of a section")
        if section.parent is not None or section in self._way():
            hint = "A section is in one place: attach copies of it (copy_section())."
            refuse(ModelValueError, f"{section!r} is in a tree already.", hint)
        self._join(name, section)

    def _join(self, name: str, section: Morphology) -> None:
        section._parent = self
        self._children.add(name, section)

    def __len__(self) -> int:
        raise TypeError(
            "the length of a section could be that in metres (length), the number of its "
            "compartments (n), or that of its tree (total_compartments)"
        )

    def __bool__(self) -> bool:
        return True

    # ------------------------------------------------------------ coordinates, files
    def generate_coordinates(
        self,
        section_randomness: float = 0.0,
        compartment_randomness: float = 0.0,
        overwrite_existing: bool = False,
    ) -> Morphology:
        """A copy of the tree with coordinates, for plots.

        section_randomness      degrees, the mean of exponentially distributed angles by which the
                                direction of each section is changed; 0 keeps all in the x-y plane
        compartment_randomness  degrees, the same from compartment to compartment
        overwrite_existing      also where there are coordinates

        Random angles follow seed().

        >>> from rheobase import Cylinder, Soma, um
        >>> neuron = Soma(30*um)
        >>> neuron.dend = Cylinder(diameter=2*um, length=20*um)
        >>> neuron.generate_coordinates().dend.coordinates
        array([[15.,  0.,  0.],
               [35.,  0.,  0.]]) * umetre
        """
        randomness = placement.Randomness(section_randomness, compartment_randomness)
        root = self._placed(placement.UP, np.zeros(3), randomness, overwrite_existing)
        waiting: list[tuple[Morphology, Morphology]] = [(self, root)]
        while waiting:
            old, new = waiting.pop()
            directions = placement.directions(new.shape, len(old.children))
            for name, child, way in zip(
                old.children.names(), old.children, directions, strict=True
            ):
                start = placement.surface(new.shape) * way
                copy = child._placed(way, start, randomness, overwrite_existing)
                new.attach(name, copy)
                waiting.append((child, copy))
        return root

    def _placed(
        self,
        direction: NDArray[np.float64],
        start: NDArray[np.float64],
        randomness: placement.Randomness,
        overwrite: bool,
    ) -> Morphology:
        """A copy of the section alone, with coordinates."""
        if self._shape.points is not None and not overwrite:
            return self.copy_section()
        shape = placement.placed(self._shape, direction, start, randomness)
        return _section(type(self), shape, self._type)

    @staticmethod
    def from_points(points: Iterable[Sequence[Any]], spherical_soma: bool = True) -> Morphology:
        """A tree from points.

        points          (number, name or None, x, y, z, diameter, parent), lengths in um without a
                        unit; parents before their children, the first with parent -1
        spherical_soma  each point of the name 'soma' is a sphere; a first one and two points of
                        its surface that follow on it are one sphere

        A section is a chain of points of one name. Siblings of one name get numbers ('dend',
        'dend2'), those without a name are L and R or 1, 2, 3. Raises ModelValueError.

        >>> from rheobase import Morphology
        >>> points = [(1, 'soma', 0, 0, 0, 20, -1),
        ...           (2, 'axon', 10, 0, 0, 2, 1), (3, 'axon', 30, 0, 0, 1, 2)]
        >>> Morphology.from_points(points).axon.length
        array([10., 20.]) * umetre
        """
        return _grown(branches(points, spherical_soma))

    @staticmethod
    def from_swc_file(filename: str | Path, spherical_soma: bool = True) -> Morphology:
        """A tree from a file in the SWC format, with types 1 to 4 called soma, axon, dend, apic.

        spherical_soma  as in from_points
        Raises ModelValueError for a file that is no tree, FileNotFoundError.
        """
        return _grown(branches(read_swc(filename), spherical_soma))

    @staticmethod
    def from_file(filename: str | Path, spherical_soma: bool = True) -> Morphology:
        """A tree from a file; its name tells the format, of which there is one: '.swc'.

        Raises UnsupportedError for other files; else as from_swc_file.
        """
        if Path(filename).suffix.lower() != ".swc":
            refuse(
                UnsupportedError,
                f"'{filename}': files in the SWC format (.swc) can be read.",
                "rheobase.exchange.morphology_from_neuroml reads NeuroML.",
            )
        return Morphology.from_swc_file(filename, spherical_soma)


class Soma(Morphology):
    """A spherical compartment. Its whole surface is at distance 0 from its centre.

    diameter  of the sphere
    x, y, z   the centre; where some are given, the others are 0

    >>> from rheobase import Soma, um
    >>> Soma(diameter=10*um).area
    array([314.15926536]) * umetre**2
    """

    @check_units(diameter=metre, x=metre, y=metre, z=metre)
    def __init__(self, diameter: Any, x: Any = None, y: Any = None, z: Any = None) -> None:
        super().__init__(1, "soma")
        size = values(diameter, "diameter", ())
        places = coordinates([x, y, z], ())
        self._shape = Sphere(float(size), None if places is None else np.array([places, places]))

    @property
    def mark(self) -> str:
        return "( )"

    def __repr__(self) -> str:
        return f"Soma(diameter={in_metres(self.shape.lengths[0])}{_where(self)})"


class Section(Morphology):
    """A section of truncated cones.

    diameter  (n + 1,) at the start of the first compartment and at the end of each
    n         the number of compartments
    length    (n,) of each; or else
    x, y, z   (n + 1,) where compartments start and end, seen from the end of the parent; where some
              are given, the others are 0
    start_diameter  at the start of the first compartment; `diameter` is then (n,), at the ends
    origin    (3,) where the first compartment starts; x, y and z are then (n,), where they end
    type      'axon', for instance

    >>> from rheobase import Section, um
    >>> Section(diameter=[4, 2, 0]*um, n=2, length=[10, 10]*um).diameter
    array([3., 1.]) * umetre
    >>> Section([2, 0]*um, 2, x=[10, 20]*um, start_diameter=4*um, origin=[5, 0, 0]*um).length
    array([ 5., 10.]) * umetre
    """

    @check_units(
        diameter=metre, length=metre, x=metre, y=metre, z=metre, start_diameter=metre, origin=metre
    )
    def __init__(
        self,
        diameter: Any,
        n: int = 1,
        length: Any = None,
        x: Any = None,
        y: Any = None,
        z: Any = None,
        start_diameter: Any = None,
        origin: Any = None,
        type: str | None = None,
    ) -> None:
        super().__init__(n, type)
        ends = n if start_diameter is not None else n + 1
        diameters = values(diameter, "diameter", (ends,))
        if start_diameter is not None:
            diameters = np.append(values(start_diameter, "start_diameter", ()), diameters)
        points = coordinates([x, y, z], (n + 1 if origin is None else n,))
        check_one(length, points)
        if origin is not None and points is None:
            refuse(ModelTypeError, "'origin' is where coordinates begin: give x, y or z with it.")
        if points is None:
            lengths = values(length, "length", (n,))
        else:
            if origin is not None:
                points = np.vstack([values(origin, "origin", (3,)), points])
            lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
        self._shape = Cones(diameters, lengths, points)

    def __repr__(self) -> str:
        diameters = np.append(self.compartments.start_diameter, self.compartments.end_diameter[-1])
        size = (
            f"diameter={in_metres(diameters)}, n={self.n}, length={in_metres(self.shape.lengths)}"
        )
        return f"Section({size}{_where(self)}{_kind(self)})"


class Cylinder(Morphology):
    """A cylindrical section of compartments of equal length.

    diameter  of all
    n         the number of compartments
    length    of the whole section; or else
    x, y, z   (2,) where it starts and ends, seen from the end of the parent; where some are given,
              the others are 0
    type      'axon', for instance

    >>> from rheobase import Cylinder, um
    >>> Cylinder(diameter=2*um, n=4, length=100*um).length
    array([25., 25., 25., 25.]) * umetre
    """

    @check_units(diameter=metre, length=metre, x=metre, y=metre, z=metre)
    def __init__(
        self,
        diameter: Any,
        n: int = 1,
        length: Any = None,
        x: Any = None,
        y: Any = None,
        z: Any = None,
        type: str | None = None,
    ) -> None:
        super().__init__(n, type)
        size = values(diameter, "diameter", ())
        ends = coordinates([x, y, z], (2,))
        check_one(length, ends)
        points = None if ends is None else straight(ends[0], ends[1], n)
        total = values(length, "length", ()) if ends is None else np.linalg.norm(ends[1] - ends[0])
        self._shape = Cones(np.full(n + 1, float(size)), np.full(n, float(total) / n), points)

    def __repr__(self) -> str:
        size = in_metres(self.shape.compartments(None, 0).diameter[0])
        total = in_metres(self.shape.span)
        return f"Cylinder(diameter={size}, n={self.n}, length={total}{_where(self)}{_kind(self)})"


# ------------------------------------------------------------------ texts


def _where(section: Morphology) -> str:
    points = section.shape.points
    if points is None:
        return ""
    ends = points[[0]] if isinstance(section.shape, Sphere) else points[[0, -1]]
    return "".join(f", {a}={in_metres(c.squeeze())}" for a, c in zip(AXES, ends.T, strict=True))


def _kind(section: Morphology) -> str:
    return "" if section.type is None else f", type={section.type!r}"


# ------------------------------------------------------------------ sections from shapes


def _section(kind: type[Morphology], shape: Shape, type: str | None) -> Morphology:
    """A section that is attached to nothing, around a shape."""
    made = kind.__new__(kind)
    Morphology.__init__(made, len(shape.lengths), type)
    made._shape = shape  # pyright: ignore[reportPrivateUsage]
    return made


def _grown(made: list[Branch]) -> Morphology:
    sections: dict[int, Morphology] = {}
    for branch in made:
        kind = Soma if isinstance(branch.shape, Sphere) else Section
        sections[id(branch)] = section = _section(kind, branch.shape, branch.type)
        if branch.parent is not None and branch.name is not None:
            sections[id(branch.parent)].attach(branch.name, section)
    return sections[id(made[0])]
