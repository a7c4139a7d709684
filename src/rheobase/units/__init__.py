"""Physical units: quantities, the names of units, and numpy functions that mind them.

    from rheobase.units import mV, ms, nS
    tau = 10 * ms

Names of units are made when they are first used.
"""

from __future__ import annotations

from typing import Any

from rheobase.errors import DimensionMismatchError
from rheobase.units import plots, standard
from rheobase.units.decorators import check_units
from rheobase.units.dimensions import DIMENSIONLESS, Dimension, base_unit_name
from rheobase.units.quantity import Quantity, Unit, quantity_with_dimensions
from rheobase.units.registry import (
    get_unit,
    in_best_unit,
    in_unit,
    lookup_unit,
    register_new_unit,
)
from rheobase.units.si import (
    fail_for_dimension_mismatch,
    get_dimensions,
    get_or_create_dimension,
    have_same_dimensions,
    is_dimensionless,
    is_scalar_type,
    set_unit_checking,
    to_si,
)
from rheobase.units.unitsafe import (
    arange,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    concat,
    concatenate,
    cos,
    cosh,
    diagonal,
    dot,
    exp,
    expm1,
    exprel,
    linspace,
    log,
    log1p,
    log10,
    ones_like,
    ptp,
    ravel,
    sin,
    sinh,
    tan,
    tanh,
    trace,
    where,
    zeros_like,
)

__all__ = [
    "DimensionMismatchError",
    "Quantity",
    "Unit",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "check_units",
    "concat",
    "concatenate",
    "cos",
    "cosh",
    "diagonal",
    "dot",
    "exp",
    "expm1",
    "exprel",
    "get_dimensions",
    "get_or_create_dimension",
    "get_unit",
    "have_same_dimensions",
    "in_best_unit",
    "in_unit",
    "is_dimensionless",
    "is_scalar_type",
    "linspace",
    "log",
    "log1p",
    "log10",
    "ones_like",
    "ptp",
    "ravel",
    "register_new_unit",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "trace",
    "where",
    "zeros_like",
]
__all__ += standard.__all__
_STARRED = frozenset(standard.__all__)
_FACADE = (  # known here too, but not brought by a star import
    DIMENSIONLESS,
    Dimension,
    base_unit_name,
    fail_for_dimension_mismatch,
    lookup_unit,
    quantity_with_dimensions,
    set_unit_checking,
    to_si,
)
plots.install()


def __getattr__(name: str) -> Any:
    if name in _STARRED:
        return getattr(standard, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
