"""Quantities of other packages: pint, astropy.units and quantities (and so neo).

Their values are understood wherever a quantity is expected: Quantity(x) converts, and so does
arithmetic. `to_pint`, `to_astropy` and `to_quantities` go the other way. None of these packages
is imported unless it is asked for.
"""

# these packages are optional and, in part, untyped
# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportMissingModuleSource=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from rheobase.units.dimensions import QUANTITY_INDEX, Dimension

__all__ = ["foreign_si", "to_astropy", "to_pint", "to_quantities"]

_SI_NAMES: Final = ("meter", "kilogram", "second", "ampere", "kelvin", "mole", "candela")
_ANGLES: Final = ("rad", "radian", "steradian", "sr")  # plain numbers here


def foreign_si(value: Any) -> tuple[Any, Dimension] | None:
    """The SI numbers and the dimension of a quantity of another package; None if it is not one.

    Raises ValueError for units outside SI (bits, counts with a unit of their own ...).
    """
    for kind in type(value).__mro__:
        reader = _READERS.get(kind.__module__.partition(".")[0])
        if reader is not None and kind.__name__ in (
            "Quantity",
            "Unit",
            "UnitBase",
            "PlainQuantity",
        ):
            return reader(value)
    return None


def _from_pint(value: Any) -> tuple[Any, Dimension]:
    powers = {name.strip("[]"): power for name, power in value.dimensionality.items()}
    dim = _dimension(powers)
    registry = value._REGISTRY
    unit = registry.Unit("dimensionless")
    for name, power in zip(_SI_NAMES, dim.exponents):
        unit = unit * registry.Unit(name) ** power
    return value.to(unit).magnitude, dim


def _from_astropy(value: Any) -> tuple[Any, Dimension]:
    unit = getattr(value, "unit", value).decompose()
    dim = _dimension({b.name: float(p) for b, p in zip(unit.bases, unit.powers)})
    return np.asarray(getattr(value, "value", 1.0)) * unit.scale, dim


def _from_quantities(value: Any) -> tuple[Any, Dimension]:
    simple = value.simplified
    dim = _dimension({u.name: float(p) for u, p in simple.dimensionality.items()})
    return np.asarray(simple.magnitude), dim


_READERS: Final[dict[str, Callable[[Any], tuple[Any, Dimension]]]] = {
    "pint": _from_pint,
    "astropy": _from_astropy,
    "quantities": _from_quantities,
}


def _dimension(powers: dict[str, float]) -> Dimension:
    exponents = [0.0] * 7
    for name, power in powers.items():
        if name in _ANGLES:
            continue
        if name not in QUANTITY_INDEX:
            raise ValueError(f"the unit '{name}' has no place in SI and cannot be converted")
        exponents[QUANTITY_INDEX[name]] += float(power)
    return Dimension(tuple(exponents))


def to_pint(value: Any, registry: Any = None) -> Any:
    """A pint quantity in SI units.

    registry   the pint.UnitRegistry that it belongs to; None for pint's application registry
    Raises ImportError if pint is not installed.
    """
    if registry is None:
        import pint

        registry = pint.get_application_registry()
    unit = registry.Unit("dimensionless")
    for name, power in zip(_SI_NAMES, value.dim.exponents):
        unit = unit * registry.Unit(name) ** power
    return registry.Quantity(_numbers(value), unit)


def to_astropy(value: Any) -> Any:
    """An astropy.units.Quantity in SI units; raises ImportError if astropy is not installed."""
    import astropy.units as u

    unit = u.dimensionless_unscaled
    for name, power in zip(("m", "kg", "s", "A", "K", "mol", "cd"), value.dim.exponents):
        unit = unit * getattr(u, name) ** power
    return _numbers(value) * unit


def to_quantities(value: Any) -> Any:
    """A quantities.Quantity in SI units; raises ImportError if quantities is not installed."""
    import quantities as pq

    unit = pq.dimensionless
    for name, power in zip(_SI_NAMES, value.dim.exponents):
        unit = unit * getattr(pq, name) ** power
    return pq.Quantity(_numbers(value), unit)


def _numbers(value: Any) -> Any:
    numbers = np.array(value)
    return numbers if numbers.ndim else numbers.item()
