"""Shapes of neurons from NeuroML files, by libNeuroML.

Source of the format: docs.neuroml.org, "segment", "segmentGroup"; Cannon et al. 2014, Front.
Neuroinform. 8:79.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelValueError, did_you_mean, raise_faults
from rheobase.exchange.libraries import library
from rheobase.morphology import Morphology, Section, Soma
from rheobase.topics import topic
from rheobase.units import um

__all__ = ["NeuroMLMorphology", "morphology_from_neuroml"]

_log = topic("neuroml_attachment")
_TOLERANCE = 1e-3  # relative: coordinates in files have few digits
_TYPES = {"soma": "soma", "axon": "axon", "dend": "dend", "apic": "apic", "basal": "dend"}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class NeuroMLMorphology:
    """A cell of a NeuroML file.

    morphology   its shape
    segments     {id: compartments of the segment}, as `SpatialNeuron(morphology=...)` numbers them
    groups       {id of a segment group: compartments of its segments}
    members      {id of a segment group: ids of its segments}, those of groups that it includes, too
    """

    morphology: Morphology
    segments: dict[int, Ints] = field(repr=False)
    groups: dict[str, Ints] = field(repr=False)
    members: dict[str, list[int]] = field(repr=False)


@dataclass(eq=False)
class _Piece:
    """A segment, or a part of it between two places where others are attached.

    start, end   (4,) um: x, y, z, diameter
    """

    segment: int
    kind: str | None
    start: Floats
    end: Floats
    parent: _Piece | None
    is_sphere: bool = False
    children: list[_Piece] = field(default_factory=list["_Piece"])


def morphology_from_neuroml(
    path: str | os.PathLike[str], cell: str | None = None, spherical_soma: bool = True
) -> NeuroMLMorphology:
    """The shape of a cell in a NeuroML 2 file; needs libNeuroML (the extra `neuroml`).

    cell            the id of the cell or morphology; None: the only one
    spherical_soma  a root of one cylinder as long as wide is a sphere, which has the same surface

    A compartment is a segment; where others are attached within a segment (fractionAlong), it is
    divided there. A section is a chain of segments without a branch, of one kind: soma, axon, dend
    or apic, by the segment groups and names. Sections are named by their kinds, with numbers where
    siblings repeat, as in Morphology.from_swc_file; those without a kind are L and R or 1, 2, 3.
    A root of coinciding ends is a Soma.

    Sections begin at the ends of others, and so what is attached to the beginning of the root is
    attached to its end instead, with a warning: between the two lies the axial resistance of a
    soma. Raises ModelValueError for segments that are no tree.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from rheobase.exchange import morphology_from_neuroml
    >>> text = '''<neuroml xmlns="http://www.neuroml.org/schema/neuroml2" id="example"><cell id="c">
    ...   <morphology id="m"><segment id="0" name="soma">
    ...     <proximal x="0" y="0" z="0" diameter="20"/><distal x="0" y="0" z="0" diameter="20"/>
    ...   </segment><segment id="1" name="axon"><parent segment="0"/>
    ...     <proximal x="10" y="0" z="0" diameter="2"/><distal x="60" y="0" z="0" diameter="1"/>
    ...   </segment></morphology></cell></neuroml>'''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / 'cell.nml'
    ...     _ = path.write_text(text)
    ...     cell = morphology_from_neuroml(path)
    >>> cell.morphology.axon.length, cell.segments[1]
    (array([50.]) * umetre, array([1]))
    """
    loaders = library("neuroml.loaders", "neuroml")
    document = loaders.read_neuroml2_file(os.fspath(path))
    shape = _chosen(document, cell, os.fspath(path))
    segments = {int(s.id): s for s in shape.segments}
    kinds = _kinds(shape, segments)
    pieces = _pieces(segments, kinds, spherical_soma)
    made = _sections(pieces[0])
    root = made[0][1]
    compartments = _compartments(made, root)
    members = _members(shape, segments)
    groups = {
        name: np.sort(np.concatenate([np.empty(0, np.int64), *(compartments[k] for k in found)]))
        for name, found in members.items()
    }
    return NeuroMLMorphology(root, compartments, groups, members)


def _chosen(document: Any, cell: str | None, path: str) -> Any:
    """The morphology of a cell, or one that stands alone."""
    known = {x.id: x.morphology for x in [*document.cells] if x.morphology is not None}
    alone = {x.id: x for x in document.morphology}
    known |= {k: x for k, x in alone.items() if not known or k == cell}
    if cell is None and len(known) == 1:
        return next(iter(known.values()))
    if cell is None or cell not in known:
        names = ", ".join(f"'{k}'" for k in known) or "none"
        which = f"no cell '{cell}'" if cell is not None else f"{len(known)} cells"
        _refuse(f"'{path}' has {which}; there are: {names}.", did_you_mean(cell or "", known))
    return known[cell]


# ------------------------------------------------------------------ groups
def _members(shape: Any, segments: dict[int, Any]) -> dict[str, list[int]]:
    """The segments of each group, with those of the groups that it includes."""
    groups = {g.id: g for g in shape.segment_groups}
    below = _below(segments)
    found: dict[str, list[int]] = {}

    def resolve(name: str, within: tuple[str, ...]) -> list[int]:
        if name in within or name not in groups:
            _refuse(f"The segment group '{name}' includes itself, or is not there.")
        if name not in found:
            group = groups[name]
            listed = [int(m.segments) for m in group.members]
            for inner in group.includes:
                listed += resolve(inner.segment_groups, (*within, name))
            for path in group.paths:
                listed += _path(segments, path)
            for tree in group.sub_trees:
                start = tree.from_
                listed += below(int(start.segments)) if start is not None else []
            found[name] = list(dict.fromkeys(listed))
        return found[name]

    for name in groups:
        resolve(name, ())
    return found


def _below(segments: dict[int, Any]) -> Any:
    children = _children(segments)

    def below(segment: int) -> list[int]:
        waiting, found = [segment], list[int]()
        while waiting:
            found.append(waiting.pop())
            waiting += children[found[-1]]
        return found

    return below


def _path(segments: dict[int, Any], path: Any) -> list[int]:
    """The segments on the way from one to another that is nearer to the root, or the reverse."""
    ends = [None if x is None else int(x.segments) for x in (path.from_, path.to)]
    if ends[1] is None:
        return []
    way: list[int] = [ends[1]]
    while way[-1] != ends[0] and segments[way[-1]].parent is not None:
        way.append(int(segments[way[-1]].parent.segments))
    return way


def _children(segments: dict[int, Any]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {k: [] for k in segments}
    for k, segment in segments.items():
        if segment.parent is not None:
            above = int(segment.parent.segments)
            if above not in found:
                _refuse(f"Segment {k} is attached to segment {above}, which is not there.")
            found[above].append(k)
    return found


def _kinds(shape: Any, segments: dict[int, Any]) -> dict[int, str | None]:
    """soma, axon, dend or apic: by the name of a group, or else of the segment."""
    found: dict[int, str | None] = {}
    members = sorted(_members(shape, segments).items(), key=lambda item: len(item[1]))
    for name, listed in members:  # small groups say more
        kind = _kind(name)
        for k in listed if kind is not None else ():
            found.setdefault(k, kind)
    for k, segment in segments.items():
        found.setdefault(k, _kind(segment.name or ""))
    return found


def _kind(name: str) -> str | None:
    return next((kind for word, kind in _TYPES.items() if word in name.lower()), None)


# ------------------------------------------------------------------ pieces
def _pieces(
    segments: dict[int, Any], kinds: dict[int, str | None], spherical_soma: bool
) -> list[_Piece]:
    """The pieces of all segments, the root's first."""
    children = _children(segments)
    roots = [k for k, s in segments.items() if s.parent is None]
    if len(roots) != 1:
        _refuse(f"One segment is the root, with no parent; here are {len(roots)}.")
    made: dict[int, list[tuple[float, _Piece]]] = {}  # (where each ends, piece) of a segment
    waiting = list(roots)
    while waiting:
        k = waiting.pop()
        made[k] = _divided(k, segments, kinds[k], made, children[k], spherical_soma)
        waiting += reversed(children[k])
    if len(made) < len(segments):
        _refuse("Some segments are attached to each other in a ring.")
    return [piece for parts in made.values() for _, piece in parts]


def _divided(
    k: int,
    segments: dict[int, Any],
    kind: str | None,
    made: dict[int, list[tuple[float, _Piece]]],
    children: list[int],
    spherical_soma: bool,
) -> list[tuple[float, _Piece]]:
    """The pieces of one segment, joined to those before them."""
    segment = segments[k]
    above, start = _attached(segment, made, segments)
    end = _point(segment.distal)
    length = float(np.linalg.norm(end[:3] - start[:3]))
    is_point = length <= _TOLERANCE * end[3]
    is_cube = np.allclose([start[3], length], end[3], rtol=_TOLERANCE)
    if above is None and (is_point or (spherical_soma and is_cube and kind == "soma")):
        middle = (start + end) / 2
        return [(1.0, _Piece(k, kind or "soma", middle, middle, None, True))]
    if is_point:
        _refuse(f"Segment {k} has no length, and is not the root.")
    fractions = {_fraction(segments[c]) for c in children}
    parts: list[tuple[float, _Piece]] = []
    last = start
    for fraction in [*sorted(f for f in fractions if 0 < f < 1), 1.0]:
        here = start + fraction * (end - start)
        piece = _Piece(k, kind, last, here, above)
        if above is not None:
            above.children.append(piece)
        parts.append((fraction, piece))
        above, last = piece, here
    return parts


def _attached(
    segment: Any, made: dict[int, list[tuple[float, _Piece]]], segments: dict[int, Any]
) -> tuple[_Piece | None, Floats]:
    """The piece behind which a segment begins, and where it begins."""
    given = None if segment.proximal is None else _point(segment.proximal)
    if segment.parent is None:
        if given is None:
            _refuse(f"The root, segment {segment.id}, does not say where it begins (proximal).")
        return None, given
    parent, fraction = int(segment.parent.segments), _fraction(segment)
    parts = made[parent]
    first = parts[0][1]
    if first.is_sphere:
        return first, first.end if given is None else given
    if fraction > 0:
        piece = next(p for f, p in parts if f >= fraction)
        return piece, piece.end if given is None else given
    start = first.start if given is None else given
    if first.parent is None:
        _log.warning(
            "Segment %d is attached to the beginning of the root, segment %d; sections are "
            "attached to ends, so it is attached to the root's end.", int(segment.id), parent
        )  # fmt: skip
    return first.parent or parts[-1][1], start


def _fraction(segment: Any) -> float:
    value = segment.parent.fraction_along
    fraction = 1.0 if value is None else float(value)
    if not 0 <= fraction <= 1:
        _refuse(f"Segment {segment.id} is attached at fractionAlong = {fraction}: not in 0 to 1.")
    return fraction


def _point(point: Any) -> Floats:
    return np.array([point.x, point.y, point.z, point.diameter], float)


# ------------------------------------------------------------------ sections
def _sections(root: _Piece) -> list[tuple[list[_Piece], Morphology]]:
    """The sections, each with its pieces; the root's first."""
    made: list[tuple[list[_Piece], Morphology]] = []
    waiting: list[tuple[_Piece, Morphology | None, str]] = [(root, None, "")]
    while waiting:
        first, above, name = waiting.pop()
        chain = [first]
        while _goes_on(chain[-1]):
            chain.append(chain[-1].children[0])
        section = _section(chain)
        if above is not None:
            above.attach(name, section)
        made.append((chain, section))
        names = _names(chain[-1].children)
        waiting += [(c, section, n) for c, n in reversed(list(zip(chain[-1].children, names)))]
    return made


def _goes_on(piece: _Piece) -> bool:
    """Whether the only piece behind another belongs to the same section."""
    if piece.is_sphere or len(piece.children) != 1:
        return False
    after = piece.children[0]
    meets = np.allclose(after.start, piece.end, rtol=_TOLERANCE, atol=_TOLERANCE)
    return bool(meets) and after.kind == piece.kind


def _section(chain: list[_Piece]) -> Morphology:
    first = chain[0]
    if first.is_sphere:
        x, y, z, diameter = first.end
        return Soma(diameter * um, x=x * um, y=y * um, z=z * um)
    origin = np.zeros(3) if first.parent is None else first.parent.end[:3]
    points = np.array([first.start, *(p.end for p in chain)])
    x, y, z = (points[:, :3] - origin).T
    return Section(points[:, 3] * um, n=len(chain), x=x * um, y=y * um, z=z * um, type=first.kind)


def _names(siblings: list[_Piece]) -> list[str]:
    """Names of siblings: their kinds, with numbers where they repeat; or L and R, or 1, 2, 3."""
    plain = "LR" if len(siblings) == 2 else [str(k) for k in range(1, len(siblings) + 1)]
    names: list[str] = []
    for piece, number in zip(siblings, plain):
        stem = piece.kind or number
        count, name = 2, stem
        while name in names:
            name, count = f"{stem}{count}", count + 1
        names.append(name)
    return names


def _compartments(made: list[tuple[list[_Piece], Morphology]], root: Morphology) -> dict[int, Ints]:
    """The compartments of each segment, counted from the root, depth first."""
    first: dict[int, int] = {}
    total = 0
    for section in root.sections():
        first[id(section)] = total
        total += section.n
    found: dict[int, list[int]] = {}
    for chain, section in made:
        for k, piece in enumerate(chain):
            found.setdefault(piece.segment, []).append(first[id(section)] + k)
    return {k: np.array(found[k], np.int64) for k in sorted(found)}


def _refuse(message: str, hint: str = "") -> NoReturn:
    raise_faults([Fault(ModelValueError, message, hint=hint)], "NeuroML morphology")
    raise AssertionError
