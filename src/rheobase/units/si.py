"""What a value is in SI, and whether two values have the same dimension.

Works on anything with a `dim`, on plain numbers and on nested lists of both. The number 0 and
the infinities fit every unit: 0 mV is 0 V.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import DimensionMismatchError
from rheobase.units.dimensions import DIMENSIONLESS, QUANTITY_INDEX, Dimension
from rheobase.units.interop import foreign_si

__all__ = [
    "common_dimension",
    "fail_for_dimension_mismatch",
    "fits_any_unit",
    "get_dimensions",
    "get_or_create_dimension",
    "have_same_dimensions",
    "is_dimensionless",
    "is_scalar_type",
    "plain",
    "set_unit_checking",
    "to_si",
]

unit_checking = True
_NUMBERS: Final[tuple[type, ...]] = (int, float, complex, np.number, np.bool_)


def set_unit_checking(on: bool) -> None:
    """Switch every comparison of dimensions on (the default) or off.

    With checks off, 3*mV + 2 is 2.003 V: for measuring what checking costs, not for science.
    """
    global unit_checking
    unit_checking = on


def get_dimensions(obj: object) -> Dimension:
    """The dimension of a quantity, or of a number (none); of a list, that of its elements; of a
    dimension, itself.

    Raises TypeError for what is not numeric.

    >>> from rheobase.units import get_dimensions, mV
    >>> print(get_dimensions(3 * mV))
    volt
    """
    if isinstance(obj, Dimension):
        return obj
    dim = getattr(obj, "dim", None)
    if isinstance(dim, Dimension):
        return dim
    if isinstance(obj, _NUMBERS):
        return DIMENSIONLESS
    return to_si(obj)[1]


def plain(value: Any) -> tuple[Any, Dimension]:
    """The SI numbers of a value as they are (scalars stay 0-d arrays), and its dimension."""
    dim = getattr(value, "dim", None)
    if isinstance(dim, Dimension):
        return np.asarray(value), dim
    if isinstance(value, (list, tuple)):
        return _plain_sequence(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, _NUMBERS):
        return value, DIMENSIONLESS  # pyright: ignore[reportUnknownVariableType]
    if type(value) is not np.ndarray and (foreign := foreign_si(value)) is not None:
        return foreign
    array: NDArray[Any] = np.asarray(value)
    if array.dtype.kind not in "biufcmM":
        kind = type(value).__name__
        raise TypeError(f"{value!r} ({kind}) is not a number or an array of numbers")
    return array, DIMENSIONLESS


def _plain_sequence(values: Sequence[Any]) -> tuple[Any, Dimension]:
    """A nested list: all elements with one dimension, or zeros and infinities beside them."""
    parts = [plain(v) for v in values]
    if all(d is DIMENSIONLESS for _, d in parts):
        return np.asarray(values if not parts else [p for p, _ in parts]), DIMENSIONLESS
    dims = [d for p, d in parts if not (d is DIMENSIONLESS and fits_any_unit(p))]
    if DIMENSIONLESS in dims:
        bare = next(v for v, (_, d) in zip(values, parts) if d is DIMENSIONLESS)
        raise TypeError(
            f"a list mixes quantities with plain numbers: {bare!r} has no unit, other elements have"
        )
    if any(d is not dims[0] for d in dims):
        other = next(d for d in dims if d is not dims[0])
        raise DimensionMismatchError(
            "The elements of one array must have the same unit", dims[0], other
        )
    return np.asarray([p for p, _ in parts]), dims[0]


def to_si(value: object) -> tuple[NDArray[Any] | float, Dimension]:
    """The SI numbers behind a value and its dimension.

    value   a number, a Quantity, an array, a nested list of these, or anything with a `dim`
            that numpy can turn into an array
    Returns a Python float (int, bool, complex as given) for a scalar, else an array that may
    share memory with `value`.
    Raises TypeError for what is not numeric, DimensionMismatchError for a list of mixed units.

    >>> from rheobase.units import mV, to_si
    >>> to_si(3 * mV)
    (0.003, metre**2 * kilogram * second**-3 * amp**-1)
    """
    array, dim = plain(value)
    if isinstance(array, (np.ndarray, np.generic)) and array.ndim == 0:
        return array.item(), dim  # pyright: ignore[reportUnknownVariableType]
    return array, dim  # pyright: ignore[reportUnknownVariableType]


def fits_any_unit(value: Any) -> bool:
    """Whether a plain value is made of zeros and infinities, which every unit admits."""
    if isinstance(value, (int, float)):
        return value == 0 or value in (np.inf, -np.inf)
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        return False
    return bool(np.all((array == 0) | np.isinf(array)))


def common_dimension(parts: Sequence[tuple[Any, Dimension]], doing: str) -> Dimension:
    """The one dimension of several plain values.

    doing   what they are needed for, as a message says it: 'add', 'compare'
    Raises DimensionMismatchError.
    """
    first = next((d for _, d in parts if d is not DIMENSIONLESS), DIMENSIONLESS)
    if first is DIMENSIONLESS or not unit_checking:
        return first
    for value, dim in parts:
        if dim is first or (dim is DIMENSIONLESS and fits_any_unit(value)):
            continue
        raise DimensionMismatchError(f"Cannot {doing}: the units differ", *_pair(parts, first, dim))
    return first


def _pair(
    parts: Sequence[tuple[Any, Dimension]], first: Dimension, other: Dimension
) -> tuple[Dimension, Dimension]:
    """Both dimensions in the order in which the user wrote them."""
    at = next(i for i, (_, d) in enumerate(parts) if d is first)
    where = next(i for i, (_, d) in enumerate(parts) if d is other)
    return (first, other) if at < where else (other, first)


def is_dimensionless(obj: object) -> bool:
    """Whether a value is a plain number.

    >>> from rheobase.units import is_dimensionless, mV, volt
    >>> is_dimensionless(3 * mV), is_dimensionless(3 * mV / volt)
    (False, True)
    """
    return get_dimensions(obj) is DIMENSIONLESS


def have_same_dimensions(obj1: object, obj2: object) -> bool:
    """Whether two values are in units of the same dimension; always if checking is off.

    Rows such as (3, 2*ms), which have no dimension as a whole, are the same if the dimensions that
    occur in them are.

    >>> from rheobase.units import amp, have_same_dimensions, mV, volt
    >>> have_same_dimensions(3 * mV, volt), have_same_dimensions(volt, amp)
    (True, False)
    """
    return not unit_checking or _all_dimensions(obj1) == _all_dimensions(obj2)


def _all_dimensions(obj: object) -> frozenset[Dimension]:
    """The dimension of a value; of rows that mix several, all of them."""
    try:
        return frozenset((get_dimensions(obj),))
    except (TypeError, DimensionMismatchError):
        if not isinstance(obj, (list, tuple)):
            raise
    rows = cast("Sequence[object]", obj)
    return frozenset[Dimension]().union(*(_all_dimensions(x) for x in rows))


def fail_for_dimension_mismatch(
    obj1: object, obj2: object = None, error_message: str | None = None, **quantities: object
) -> tuple[Dimension, Dimension]:
    """Compare the dimensions of two values and return them.

    obj2            None stands for a plain number
    error_message   a format string; the keyword arguments fill it
    Raises DimensionMismatchError. 0 and the infinities fit any unit.

    >>> from rheobase.units import amp, fail_for_dimension_mismatch, volt
    >>> fail_for_dimension_mismatch(volt, amp, "{x} is no current", x=volt)
    Traceback (most recent call last):
        ...
    rheobase.errors.DimensionMismatchError: V is no current (units are volt and amp).
    """
    dim1 = get_dimensions(obj1)
    dim2 = DIMENSIONLESS if obj2 is None else get_dimensions(obj2)
    if dim1 is dim2 or not unit_checking:
        return dim1, dim2
    loose1 = dim1 is DIMENSIONLESS and fits_any_unit(obj1)
    loose2 = dim2 is DIMENSIONLESS and obj2 is not None and fits_any_unit(obj2)
    if loose1 or loose2:
        return dim1, dim2
    text = (error_message or "The units differ").format(**quantities)
    raise DimensionMismatchError(text, *((dim1,) if obj2 is None else (dim1, dim2)))


def is_scalar_type(obj: object) -> bool:
    """Whether a value is one plain number: no array with a shape, no text, no unit.

    >>> from rheobase.units import is_scalar_type, mV
    >>> is_scalar_type(3), is_scalar_type([3]), is_scalar_type(3 * mV)
    (True, False, False)
    """
    if isinstance(obj, _NUMBERS):
        return True
    return isinstance(obj, np.ndarray) and np.ndim(obj) == 0 and is_dimensionless(obj)  # pyright: ignore


def get_or_create_dimension(*args: Any, **exponents: float) -> Dimension:
    """A dimension from seven exponents, or from the names of base quantities.

    >>> from rheobase.units import get_or_create_dimension
    >>> print(get_or_create_dimension(length=1, time=-1))
    metre / second
    """
    if args:
        given = args[0]
        if isinstance(given, Dimension):
            return given
        if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 7:  # pyright: ignore
            raise TypeError(f"a dimension needs a sequence of exactly 7 exponents, not {given!r}")
        return Dimension(tuple(given))  # pyright: ignore[reportUnknownArgumentType]
    powers = [0.0] * 7
    for name, power in exponents.items():
        if name not in QUANTITY_INDEX:
            raise KeyError(f"'{name}' is no base quantity; try length, mass, time, current, ...")
        powers[QUANTITY_INDEX[name]] = power
    return Dimension(tuple(powers))
