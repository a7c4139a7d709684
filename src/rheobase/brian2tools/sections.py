"""Sections of a neuron as brian2tools draws them: in the colours of their order of branching."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase import plotting
from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.morphology import Morphology
from rheobase.morphology.geometry import Compartments, Sphere

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_sections", "mark_compartments", "with_coordinates"]

_UM = 1e6  # um in a metre


def with_coordinates(x: Morphology | SpatialNeuron) -> Morphology:
    """The tree of x; what has no coordinates gets those of generate_coordinates()."""
    tree = x.morphology if isinstance(x, SpatialNeuron) else x
    lacking = any(section.shape.points is None for section in tree.sections())
    return tree.generate_coordinates() if lacking else tree


def draw_sections(ax: Axes, tree: Morphology, colors: Sequence[Any], diameters: bool) -> None:
    """Each section in its colour: as wide as it is, or as a line."""
    each = [_colour(section, colors) for section, found in tree.measured() for _ in found.diameter]
    if ax.name == "3d":
        widths: dict[str, Any] = {} if diameters else {"linewidths": 2}
        plotting.morphology(tree, ax=ax, colors=each, **widths)
    elif diameters:
        plotting.morphology(tree, ax=ax, facecolor=each)
    else:
        for section, found in tree.measured():
            _draw_line(ax, section, found, _colour(section, colors))
        ax.set_aspect("equal", adjustable="datalim")
        ax.set(xlabel="x (um)", ylabel="y (um)")


def mark_compartments(ax: Axes, tree: Morphology, colors: Sequence[Any]) -> None:
    """A dot in the middle of each compartment; a soma is one anyway."""
    for section, found in tree.measured():
        if not isinstance(section.shape, Sphere):
            start, end = _ends(found)
            middle = ((start + end) / 2)[:, : 3 if ax.name == "3d" else 2]
            cast("Any", ax).plot(*middle.T, ".", color=_colour(section, colors))


def _draw_line(ax: Axes, section: Morphology, found: Compartments, colour: Any) -> None:
    from matplotlib.patches import Circle

    start, end = _ends(found)
    if isinstance(section.shape, Sphere):
        radius = _UM * section.shape.diameter / 2
        ax.add_patch(Circle((start[0, 0], start[0, 1]), radius, color=colour))
    points = np.concatenate([start[:1], end])
    ax.plot(points[:, 0], points[:, 1], color=colour, lw=2)


def _ends(found: Compartments) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3) um, where compartments start and end."""
    assert found.start is not None
    assert found.end is not None
    return _UM * found.start, _UM * found.end


def _colour(section: Morphology, colors: Sequence[Any]) -> Any:
    depth = 0
    while section.parent is not None:
        section, depth = section.parent, depth + 1
    return colors[depth % len(colors)]
