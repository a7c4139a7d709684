"""@check_units: the units of a function's arguments and result."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from rheobase.errors import DimensionMismatchError
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.si import (
    fits_any_unit,
    get_dimensions,
    have_same_dimensions,
    plain,
)

__all__ = ["check_units"]

F = TypeVar("F", bound=Callable[..., Any])


def check_units(**units: Any) -> Callable[[F], F]:
    """Check the units of arguments, and of the result, at every call.

    name=unit     the argument is in that unit; 1 for a plain number
    name=bool     the argument is True or False; name=str: a text
    name='other'  the argument has the unit of the argument `other`
    name=None     anything
    result=...    the unit of the result, likewise; or a function of the units of the
                  arguments (in their order) that gives it
    Strings, bool arguments aside, and None as an argument are never checked.
    Calling raises DimensionMismatchError, or TypeError for what is not a number or a bool.

    >>> from rheobase.units import amp, check_units, mV, nA, nS, siemens, volt
    >>> @check_units(g=siemens, v=volt, result=amp)
    ... def current(g, v):
    ...     return g * v
    >>> current(10 * nS, 2 * mV)
    20. * pamp
    >>> current(10 * nS, 2 * nA)
    Traceback (most recent call last):
        ...
    rheobase.errors.DimensionMismatchError: current: 'v' must be in volt, but is 2. nA (unit is amp).
    """  # noqa: E501

    def decorate(function: F) -> F:
        names = _argument_names(function)

        @wraps(function)
        def checked(*args: Any, **options: Any) -> Any:
            given = dict(zip(names, args)) | options
            for name, value in given.items():
                if name in units and name != "result":
                    _check(function.__name__, name, value, units[name], given)
            result = function(*args, **options)
            if units.get("result") is not None:
                _check_result(function.__name__, result, units["result"], given, names)
            return result

        described: Any = checked
        described._orig_func = function
        described._arg_names = names
        described._arg_units = [units.get(name) for name in names]
        described._return_unit = units.get("result")
        described._orig_arg_names = names
        described._returns_bool = units.get("result") is bool
        return described

    return decorate


def _argument_names(function: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in inspect.signature(function).parameters.values() if p.kind not in kinds]


def _check(function: str, name: str, value: Any, unit: Any, given: dict[str, Any]) -> None:
    if unit is None or value is None:
        return
    if unit is bool:
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{function}: '{name}' must be True or False, but is {value!r}")
        return
    if unit is str:
        if not isinstance(value, str):
            raise TypeError(f"{function}: '{name}' must be a text, but is {value!r}")
        return
    if isinstance(value, str):
        return
    if isinstance(unit, str):
        _check_like(function, name, value, unit, given)
        return
    wanted = _dimension(unit)
    if not _fits(value, wanted):
        met = get_dimensions(value)
        want = "a plain number" if wanted is DIMENSIONLESS else f"in {wanted}"
        raise DimensionMismatchError(f"{function}: '{name}' must be {want}, but is {value}", met)


def _check_like(function: str, name: str, value: Any, other: str, given: dict[str, Any]) -> None:
    """`name` must have the unit of the argument `other`."""
    if other not in given:
        raise TypeError(
            f"{function}: '{name}' should have the unit of '{other}', which is no argument"
        )
    reference = given[other]
    if have_same_dimensions(value, reference):
        return
    raise DimensionMismatchError(
        f"{function}: '{name}' must have the unit of '{other}'",
        get_dimensions(value),
        get_dimensions(reference),
    )


def _check_result(
    function: str, result: Any, unit: Any, given: dict[str, Any], names: list[str]
) -> None:
    if unit is bool:
        if not isinstance(result, (bool, np.bool_)):
            raise TypeError(f"{function} must return True or False, but returned {result!r}")
        return
    if callable(unit) and not hasattr(unit, "dim"):
        unit = unit(*(_dimension_or_none(given[n]) for n in names if n in given))
    wanted = _dimension(given[unit] if isinstance(unit, str) else unit)
    if not _fits(result, wanted):
        raise DimensionMismatchError(
            f"{function} must return a value in {wanted}, but returned {result}",
            get_dimensions(result),
        )


def _dimension(unit: Any) -> Dimension:
    return unit if isinstance(unit, Dimension) else get_dimensions(unit)


def _dimension_or_none(value: Any) -> Dimension:
    """The dimension of an argument; none for texts and whatever else has no number in it."""
    try:
        return get_dimensions(value)
    except TypeError:
        return DIMENSIONLESS


def _fits(value: Any, wanted: Dimension) -> bool:
    values, dim = plain(value)
    if dim is wanted or not have_same_dimensions(1, 1):
        return True
    return dim is DIMENSIONLESS and fits_any_unit(values)
