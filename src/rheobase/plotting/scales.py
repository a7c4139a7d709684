"""Axes that exist or the present ones, and values as numbers of a unit that suits them."""

# matplotlib is optional and, in part, untyped
# pyright: reportUnknownMemberType=false, reportMissingImports=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.plotting.figures import needs
from rheobase.units import Quantity, get_dimensions
from rheobase.units.dimensions import DIMENSIONLESS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_or_present", "in_suitable_unit", "labelled"]


def axes_or_present(ax: Axes | None) -> Axes:
    """The axes, or the present ones of pyplot, as matplotlib's own functions would take.

    Raises ImportError with what to install if matplotlib is missing.
    """
    if ax is not None:
        return ax
    with needs("matplotlib"):
        from matplotlib import pyplot
    return pyplot.gca()


def in_suitable_unit(values: Any) -> tuple[NDArray[np.float64], str]:
    """(values as plain numbers, the name of the unit that they count): (n,) or any shape.

    >>> from rheobase import mV
    >>> from rheobase.plotting.scales import in_suitable_unit
    >>> in_suitable_unit([1, 2]*mV)
    (array([1., 2.]), 'mV')
    """
    if get_dimensions(values) is DIMENSIONLESS:
        return np.asarray(values, dtype=np.float64), ""
    held = Quantity(values)
    unit = held.get_best_unit()
    return np.asarray(np.asarray(held) / float(unit), dtype=np.float64), str(unit)


def labelled(name: str, unit: str) -> str:
    """The label of an axis: 'v (mV)', or the name alone for pure numbers."""
    return f"{name} ({unit})" if unit else name
