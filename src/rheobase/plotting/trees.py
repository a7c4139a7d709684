"""The shape of neurons: as it lies in space, and as a tree; values of compartments as colours."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.morphology import Morphology
from rheobase.morphology.geometry import Compartments, Sphere
from rheobase.plotting.figures import needs, tidy
from rheobase.plotting.scales import axes_or_present, in_suitable_unit, labelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection

__all__ = ["dendrogram", "morphology"]

Floats = NDArray[np.float64]
_UM = 1e6  # um in a metre
_COLOUR = "0.25"


def morphology(
    x: Morphology | SpatialNeuron,
    values: Any = None,
    ax: Axes | None = None,
    *,
    plane: str = "xy",
    cmap: str = "viridis",
    label: str = "",
    **style: Any,
) -> Axes:
    """The neuron as it lies in space: each compartment with its length and diameter.

    x        a Morphology or a SpatialNeuron of n compartments; what has no coordinates gets those
             of generate_coordinates()
    values   (n,) in any unit, or the name of a variable of the SpatialNeuron, to show as colour,
             with a scale; None: all in one colour
    ax       axes with three dimensions (projection='3d') show the whole space, others a plane of
             it, where compartments have their diameter, but no line is thinner than 0.8 points
    plane    'xy', 'xz' or 'yz'
    cmap     name of matplotlib's colour map
    label    what the values are, for the scale
    style    keyword arguments of the PolyCollection or, in three dimensions, the Line3DCollection
    Returns the axes.

    Raises ValueError for another plane, or values that are not n.

    >>> from rheobase import Cylinder, Soma, um
    >>> from rheobase.plotting import morphology, new_figure
    >>> neuron = Soma(diameter=20*um)
    >>> neuron.axon = Cylinder(diameter=1*um, n=10, length=100*um)
    >>> morphology(neuron, neuron.axon.n * [1] + [0], new_figure().subplots()).get_ylabel()
    'y (um)'
    """
    tree = _tree(x)
    if any(section.shape.points is None for section in tree.sections()):
        tree = tree.generate_coordinates()
    axes = axes_or_present(ax)
    if axes.name == "3d":
        colour = {"colors": _COLOUR} if values is None else {}
        drawn = _in_space(axes, tree, colour | style)
    else:
        colour = {"facecolor": _COLOUR, "edgecolor": "face", "linewidth": 0.8}
        drawn = _in_plane(axes, tree, plane, colour | style)
    _colour(axes, drawn, x, values, cmap, label)
    return axes


def dendrogram(
    x: Morphology | SpatialNeuron,
    values: Any = None,
    ax: Axes | None = None,
    *,
    cmap: str = "viridis",
    label: str = "",
    **style: Any,
) -> Axes:
    """The branches of a neuron as a tree: up is the way from the root, along the neurites.

    x        a Morphology or a SpatialNeuron of n compartments
    values   (n,) in any unit, or the name of a variable of the SpatialNeuron, to show as colour,
             with a scale; None: all in one colour
    cmap     name of matplotlib's colour map
    label    what the values are, for the scale
    style    keyword arguments of the LineCollection
    Returns the axes. The soma is a dot; across, branches have room and mean nothing.

    >>> from rheobase import Cylinder, Soma, um
    >>> from rheobase.plotting import dendrogram, new_figure
    >>> neuron = Soma(diameter=20*um)
    >>> neuron.dend = Cylinder(diameter=2*um, n=5, length=50*um)
    >>> neuron.dend.L = Cylinder(diameter=1*um, n=5, length=100*um)
    >>> neuron.dend.R = Cylinder(diameter=1*um, n=5, length=70*um)
    >>> dendrogram(neuron, ax=new_figure().subplots()).get_ylabel()
    'distance (um)'
    """
    with needs("matplotlib"):
        from matplotlib.collections import LineCollection
    tree = _tree(x)
    axes = axes_or_present(ax)
    places = _places(tree)
    segments: list[Floats] = []
    for section, found in tree.measured():
        across, ends = places[id(section)], _ends(section, found)
        segments += [np.array([(across, a), (across, b)]) for a, b in pairwise(ends)]
        below = [places[id(child)] for child in section.children]
        if below:
            axes.hlines(ends[-1], min(below), max(below), color="0.7", lw=1, zorder=1)
    colour = {"color": _COLOUR} if values is None else {}
    options: dict[str, Any] = {"linewidth": 2.5, "capstyle": "butt"} | colour | style
    drawn = LineCollection(segments, **options)
    axes.add_collection(drawn)
    _colour(axes, drawn, x, values, cmap, label)
    if isinstance(tree.shape, Sphere):
        drawn.update_scalarmappable()  # the colour of the soma is known then
        axes.plot([places[id(tree)]], [0], "o", color=drawn.get_colors()[0], ms=8, zorder=3)
    axes.autoscale_view()
    axes.set(ylabel="distance (um)", xticks=[])
    axes.margins(x=0.1)
    tidy(axes)
    axes.spines["bottom"].set_visible(False)
    return axes


# ------------------------------------------------------------------ what is drawn
def _tree(x: Morphology | SpatialNeuron) -> Morphology:
    """A whole tree, whose compartments are counted as those of x."""
    tree = x.morphology if isinstance(x, SpatialNeuron) else x
    if not isinstance(tree, Morphology):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a Morphology or a SpatialNeuron has a shape, not {x!r}")
    return tree if tree.parent is None else tree.copy_tree()


def _ends(section: Morphology, found: Compartments) -> Floats:
    """(n + 1,) um from the root, where compartments begin and end; a soma is all at one place."""
    if isinstance(section.shape, Sphere):
        return _UM * np.repeat(found.distance, 2)
    first = found.distance[0] - found.length[0] / 2
    return _UM * np.concatenate([[first], first + np.cumsum(found.length)])


def _places(tree: Morphology) -> dict[int, float]:
    """Where each section stands across: leaves side by side, others amid what they carry."""
    sections = list(tree.sections())
    leaves = (s for s in sections if not len(s.children))
    places = {id(leaf): float(k) for k, leaf in enumerate(leaves)}
    for section in reversed(sections):  # what a section carries comes after it
        if len(section.children):
            places[id(section)] = float(np.mean([places[id(c)] for c in section.children]))
    return places


def _in_plane(axes: Axes, tree: Morphology, plane: str, options: dict[str, Any]) -> Collection:
    """A polygon for each compartment."""
    with needs("matplotlib"):
        from matplotlib.collections import PolyCollection
    if plane not in ("xy", "xz", "yz"):
        raise ValueError(f"the plane is 'xy', 'xz' or 'yz', not {plane!r}")
    sides = ["xyz".index(axis) for axis in plane]
    polygons: list[Floats] = []
    for section, found in tree.measured():
        start, end = (points[:, sides] for points in _placed(found))
        if isinstance(section.shape, Sphere):
            polygons.append(_circle(start[0], _UM * section.shape.diameter / 2))
            continue
        radii = _UM * found.start_diameter / 2, _UM * found.end_diameter / 2
        polygons += _cones(start, end, *radii)
    drawn = axes.add_collection(PolyCollection(polygons, **options))
    axes.autoscale_view()
    axes.set_aspect("equal", adjustable="datalim")
    axes.set(xlabel=f"{plane[0]} (um)", ylabel=f"{plane[1]} (um)")
    tidy(axes)
    return drawn


def _placed(found: Compartments) -> tuple[Floats, Floats]:
    """(n, 3) um, where compartments start and end."""
    assert found.start is not None
    assert found.end is not None
    return _UM * found.start, _UM * found.end


def _circle(centre: Floats, radius: float) -> Floats:
    angles = np.linspace(0, 2 * np.pi, 60)
    return centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _cones(start: Floats, end: Floats, first: Floats, last: Floats) -> list[Floats]:
    """(n, 4, 2) the outlines of truncated cones; those that point at the viewer have no width."""
    along = end - start
    length = np.maximum(np.hypot(*along.T), 1e-12)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    a, b = across * first[:, None], across * last[:, None]
    return list(np.stack([start + a, end + b, end - b, start - a], axis=1))


def _in_space(axes: Axes, tree: Morphology, style: dict[str, Any]) -> Collection:
    """A line for each compartment, as wide as it is in um, within limits."""
    with needs("matplotlib"):
        from mpl_toolkits.mplot3d.art3d import Line3DCollection
    lines: list[Floats] = []
    widths: list[float] = []
    for section, found in tree.measured():
        start, end = _placed(found)
        if isinstance(section.shape, Sphere):
            end = end + 1e-3  # a dot: a line without length is not drawn
        lines += list(np.stack([start, end], axis=1))
        widths += list(np.clip(_UM * found.diameter, 0.8, 12))
    options: dict[str, Any] = {"linewidths": widths, "capstyle": "round"} | style
    space = cast("Any", axes)
    drawn = space.add_collection3d(Line3DCollection(lines, **options))
    points = np.concatenate(lines)
    middle, half = (points.max(0) + points.min(0)) / 2, max(np.ptp(points, axis=0)) / 2
    space.set(**{f"{n}lim": (c - half, c + half) for n, c in zip("xyz", middle)})
    space.set(**{f"{n}label": f"{n} (um)" for n in "xyz"})
    return drawn


def _colour(axes: Axes, drawn: Any, x: Any, values: Any, cmap: str, label: str) -> None:
    """Show the values of compartments as colours, with a scale."""
    if values is None:
        return
    if isinstance(values, str):
        label, values = label or values, getattr(x, values)[:]
    numbers, unit = in_suitable_unit(values)
    n = _tree(x).total_compartments
    if numbers.shape != (n,):
        raise ValueError(f"there are {n} compartments, but values of shape {numbers.shape}")
    drawn.set(array=numbers, cmap=cmap)
    axes.figure.colorbar(drawn, ax=axes, label=labelled(label, unit))
