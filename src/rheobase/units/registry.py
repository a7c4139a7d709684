"""Units by name, made when they are asked for."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, Final

import numpy as np

from rheobase.units import formatting
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.quantity import Quantity, Unit
from rheobase.units.si import fail_for_dimension_mismatch, to_si
from rheobase.units.specs import find_spec, spec_of_dimension

__all__ = [
    "STANDARD_NAMES",
    "get_unit",
    "in_best_unit",
    "in_unit",
    "lookup_unit",
    "register_new_unit",
]

_STANDARD_STEMS: Final = (
    *("amp", "metre", "meter", "second", "mole", "coulomb", "farad", "gram", "gramme", "hertz"),
    *("joule", "liter", "litre", "molar", "pascal", "ohm", "siemens", "volt", "watt"),
)
# what `from rheobase import *` brings, short names not included
STANDARD_NAMES: Final = (
    *("kelvin", "kilogram", "cmetre", "cmeter"),
    *(prefix + stem for stem, prefix in product(_STANDARD_STEMS, ("", *"pnumkMGT"))),
)


@cache
def lookup_unit(name: str) -> Unit | None:
    """The unit that equation strings mean by a name, or None: all SI prefixes, squares, cubes.

    >>> from rheobase.units import lookup_unit
    >>> lookup_unit("nsiemens"), lookup_unit("cmetre2"), lookup_unit("mV"), lookup_unit("V")
    (nsiemens, cmetre**2, mvolt, None)
    """
    spec = find_spec(name)
    return None if spec is None else Unit.from_spec(spec)


@cache
def get_unit(d: Dimension) -> Unit:
    """The SI unit of a dimension.

    >>> from rheobase.units import get_unit, mV, ms
    >>> get_unit((mV / ms).dim)
    volt / second
    """
    return Unit.from_spec(spec_of_dimension(d))


def in_unit(x: Any, u: Any, precision: int | None = None) -> str:
    """A value in a unit, as text.

    x           a quantity or plain number, scalar or array
    u           the unit
    precision   digits after the point; None for numpy's print options
    Raises DimensionMismatchError.

    >>> from rheobase.units import in_unit, mV, volt
    >>> in_unit(3 * volt, mV)
    '3000. mV'
    """
    if isinstance(x, Quantity):
        return x.in_unit(u, precision=precision)
    fail_for_dimension_mismatch(x, u, "{x} cannot be shown in {u}", x=x, u=u)
    return _plain_text(to_si(x)[0] / to_si(u)[0], precision)  # pyright: ignore


def in_best_unit(x: Any, precision: int | None = None) -> str:
    """A value in the unit that suits its size, as text.

    >>> from rheobase.units import in_best_unit, volt
    >>> in_best_unit(0.00123456 * volt, precision=2)
    '1.23 mV'
    """
    value = Quantity(x)
    if value.is_dimensionless:
        return _plain_text(to_si(x)[0], precision)
    return value.in_best_unit(precision=precision)


def _plain_text(value: Any, precision: int | None) -> str:
    """Plain numbers as Python prints them: '3.0', not '3.'."""
    if isinstance(value, (int, float)) and precision is None:
        return str(float(value))
    return formatting.number_text(np.asarray(value), precision)


def register_new_unit(u: Unit) -> None:
    """Show quantities of this dimension in this unit (and others so registered).

    >>> from rheobase.units import mmetre, mvolt, register_new_unit, volt, metre
    >>> register_new_unit(mvolt / mmetre)
    >>> 2 * volt / metre
    2. * mvolt / mmetre
    """
    if u.dim is not DIMENSIONLESS:
        formatting.user_specs.setdefault(u.dim, {})[u.name] = u.spec
