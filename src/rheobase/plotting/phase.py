"""The phase plane of a model with two variables: nullclines and the field of its flow."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations, SingleEquation
from rheobase.model.neurongroup import NeuronGroup
from rheobase.plotting.figures import tidy
from rheobase.plotting.scales import axes_or_present, in_suitable_unit, labelled
from rheobase.units import second

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["phase_plane"]

_RATE = "rate_of_"


def phase_plane(
    model: NeuronGroup,
    x: tuple[str, Any, Any],
    y: tuple[str, Any, Any],
    ax: Axes | None = None,
    *,
    n: int = 200,
    arrows: int = 20,
    level: int = 0,
) -> Axes:
    """Nullclines of two variables, and arrows along which the state moves.

    model    a group; its equations are used, and the values of element 0 for all other variables
    x, y     (name, from, to) of the variable across, and of the one up
    n        points of the grid for the nullclines in each direction; `arrows` for the arrows
    Returns the axes. External names are taken from the calling script, as by run().

    Raises ValueError if x or y has no differential equation.

    >>> from rheobase import *
    >>> from rheobase.plotting import new_figure, phase_plane
    >>> cell = NeuronGroup(1, '''dv/dt = (v - v**3/3 - w + 0.5)/ms : 1
    ...                          dw/dt = 0.08*(v + 0.7 - 0.8*w)/ms : 1''')
    >>> phase_plane(cell, ('v', -2, 2), ('w', -1, 2), new_figure().subplots()).get_ylabel()
    'w'
    """
    names = x[0], y[0]
    _check_differential(model, names)
    fine = _flow(model, x, y, n, level + 1)
    coarse = _flow(model, x, y, arrows, level + 1)
    axes = axes_or_present(ax)
    across, x_unit = in_suitable_unit(fine[0])
    up, y_unit = in_suitable_unit(fine[1])
    shape = (n, n)
    for values, name, colour in zip(fine[2:], names, ("#c1440e", "#1f5a94")):
        plain = np.asarray(values, dtype=np.float64).reshape(shape)
        grid = across.reshape(shape), up.reshape(shape)
        axes.contour(*grid, plain, levels=[0.0], colors=[colour])
        axes.plot([], [], color=colour, label=f"d{name}/dt = 0")
    _draw_arrows(axes, coarse, (across, up))
    axes.legend(loc="upper right")
    axes.set(xlabel=labelled(x[0], x_unit), ylabel=labelled(y[0], y_unit))
    tidy(axes)
    return axes


def _check_differential(model: NeuronGroup, names: tuple[str, str]) -> None:
    wrong = [name for name in names if name not in model.equations.diff_eq_names]
    if wrong:
        raise ValueError(
            f"{model.name} has no differential equation for {wrong[0]}; "
            f"it has: {', '.join(sorted(model.equations.diff_eq_names))}"
        )


def _flow(
    model: NeuronGroup, x: tuple[str, Any, Any], y: tuple[str, Any, Any], n: int, level: int
) -> tuple[Any, Any, Any, Any]:
    """x, y, dx/dt, dy/dt on a grid, each (n*n,), as quantities."""
    size = n * n
    grid = NeuronGroup(size, _with_rates(model.equations), namespace=model.namespace)
    grid.add_to_magic_network = False
    fraction = np.linspace(0.0, 1.0, n)
    u, v = (a.ravel() for a in np.meshgrid(fraction, fraction))
    for name in model.equations.diff_eq_names | model.equations.parameter_names:
        setattr(grid, name, getattr(model, name)[0:1][0])
    for (name, low, high), f in ((x, u), (y, v)):
        setattr(grid, name, low + f * (high - low))
    rates = [grid.state(_RATE + name, level=level + 1)[:] for name in (x[0], y[0])]
    return getattr(grid, x[0])[:], getattr(grid, y[0])[:], rates[0], rates[1]


def _with_rates(equations: Equations) -> Equations:
    """The same variables at rest, and for each differential equation its right-hand side."""
    found: list[SingleEquation] = []
    for e in equations.values():
        if e.type == "differential equation":
            rate = SingleEquation(
                "subexpression", _RATE + e.varname, e.dim / second.dim, expr=e.expr
            )
            found += [SingleEquation("parameter", e.varname, e.dim), rate]
        else:
            found.append(e)
    return Equations(found)


def _draw_arrows(
    axes: Axes,
    flow: tuple[Any, Any, Any, Any],
    scale: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Arrows of one length, in the direction that they have on the page."""
    x, y, dx, dy = (np.asarray(values, dtype=np.float64) for values in flow)
    width, height = np.ptp(x), np.ptp(y)
    u, v = dx / width, dy / height
    length = np.hypot(u, v)
    length[length == 0] = 1.0
    (across, up) = scale
    px = across.min() + (x - x.min()) / width * np.ptp(across)
    py = up.min() + (y - y.min()) / height * np.ptp(up)
    axes.quiver(px, py, u / length, v / length, color="0.7", angles="uv", scale=30, width=0.003)
