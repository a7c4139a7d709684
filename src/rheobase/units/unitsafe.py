"""numpy functions by their usual names that mind units, as a star import brings them.

numpy's own functions treat a Quantity in the same way (see `ufuncs` and `functions`); these also
see the units of quantities in plain lists.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from rheobase.units import functions
from rheobase.units.quantity import Quantity
from rheobase.units.relative import exprel_of_numbers
from rheobase.units.si import common_dimension, fail_for_dimension_mismatch, plain

__all__ = [
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "concat",
    "concatenate",
    "cos",
    "cosh",
    "diagonal",
    "dot",
    "exp",
    "expm1",
    "exprel",
    "linspace",
    "log",
    "log1p",
    "log10",
    "ones_like",
    "ptp",
    "ravel",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "trace",
    "where",
    "zeros_like",
]


def _of_numbers(name: str, argument: str, value: str) -> Callable[..., Any]:
    """A function of plain numbers; raises DimensionMismatchError for a unit.

    argument, value   of the example in its docstring, value with four digits after the point
    """
    ufunc = getattr(np, name)

    def function(x: Any, *args: Any, **options: Any) -> Any:
        if isinstance(x, (list, tuple)):
            x = _listed(x)
        return ufunc(x, *args, **options)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"numpy.{name} of a plain number; raises DimensionMismatchError for a unit.\n\n"
        f">>> from rheobase import {name}, ms\n"
        f">>> f'{{{name}({argument}*ms/ms):.4f}}'\n"
        f"'{value}'\n"
    )
    return function


def _listed(x: Any) -> Any:
    """A list as the array that it means."""
    values, dim = plain(x)
    return values if dim.is_dimensionless else Quantity(values, dim)


def _minding(function: Callable[..., Any]) -> Callable[..., Any]:
    """A numpy function whose arguments may be lists of quantities, too."""

    @wraps(function)
    def minded(*args: Any, **options: Any) -> Any:
        return function(*(_seen(a) for a in args), **{k: _seen(v) for k, v in options.items()})

    return minded


def _seen(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and functions.has_unit(value):
        return [_seen(v) for v in value] if _ragged(value) else _listed(value)
    return value


def _ragged(values: Any) -> bool:
    return len({np.shape(functions.stripped(v)) for v in values}) > 1


log = _of_numbers("log", "2", "0.6931")
log10 = _of_numbers("log10", "2", "0.3010")
exp = _of_numbers("exp", "2", "7.3891")
expm1 = _of_numbers("expm1", "2", "6.3891")
log1p = _of_numbers("log1p", "2", "1.0986")
sin = _of_numbers("sin", "2", "0.9093")
cos = _of_numbers("cos", "2", "-0.4161")
tan = _of_numbers("tan", "2", "-2.1850")
arcsin = _of_numbers("arcsin", "0.5", "0.5236")
arccos = _of_numbers("arccos", "0.5", "1.0472")
arctan = _of_numbers("arctan", "2", "1.1071")
sinh = _of_numbers("sinh", "2", "3.6269")
cosh = _of_numbers("cosh", "2", "3.7622")
tanh = _of_numbers("tanh", "2", "0.9640")
arcsinh = _of_numbers("arcsinh", "2", "1.4436")
arccosh = _of_numbers("arccosh", "2", "1.3170")
arctanh = _of_numbers("arctanh", "0.5", "0.5493")
diagonal = _minding(np.diagonal)
ravel = _minding(np.ravel)
trace: Any = _minding(np.trace)  # Any: scripts give the name to a monitor
dot = _minding(np.dot)
where = _minding(np.where)
ptp = _minding(np.ptp)
concatenate = _minding(np.concatenate)
concat = concatenate


def ones_like(a: Any, *args: Any, **options: Any) -> Any:
    """Plain ones in the shape of a value; its unit plays no part (numpy.ones_like keeps it).

    >>> from rheobase.units import mV, ones_like
    >>> ones_like([1, 2] * mV)
    array([1., 1.])
    """
    return np.ones_like(plain(a)[0], *args, **options)


def zeros_like(a: Any, *args: Any, **options: Any) -> Any:
    """Plain zeros in the shape of a value; its unit plays no part (numpy.zeros_like keeps it).

    >>> from rheobase.units import mV, zeros_like
    >>> zeros_like([1, 2] * mV)
    array([0., 0.])
    """
    return np.zeros_like(plain(a)[0], *args, **options)


def exprel(x: Any) -> Any:
    """(exp(x) - 1)/x, and 1 at 0, where the formula cannot be used.

    x   (...)  plain numbers
    Returns the shape of x; error < 2 ulp. Raises DimensionMismatchError for a unit.

    >>> from rheobase.units import exprel
    >>> float(exprel(0)), round(float(exprel(1)), 6)
    (1.0, 1.718282)
    """
    values, dim = plain(x)
    if not dim.is_dimensionless:
        fail_for_dimension_mismatch(Quantity(values, dim), None, "exprel takes plain numbers")
    return exprel_of_numbers(np.asarray(values, dtype=float))[()]


def arange(*args: Any, **options: Any) -> Any:
    """numpy.arange; start, stop and step have one unit (0 and an absent start fit any).

    Raises DimensionMismatchError; TypeError without a stop.

    >>> from rheobase.units import arange, ms
    >>> arange(0 * ms, 3 * ms, 1 * ms)
    array([0., 1., 2.]) * msecond
    """
    names = ("start", "stop", "step")
    given = dict(zip(names, args)) if len(args) != 1 else {"stop": args[0]}
    for name in names:
        if name in options:
            if name in given and not (name == "start" and len(args) == 1):
                raise TypeError(f"arange got two values for {name}")
            given[name] = options.pop(name)
    if "stop" not in given or given["stop"] is None:
        raise TypeError("arange needs a stop value")
    start = 0 if given.get("start") is None else given["start"]
    step = 1 if given.get("step") is None else given["step"]
    pairs = [plain(start), plain(given["stop"]), plain(step)]
    dim = common_dimension(pairs, "make a range")
    options.pop("dtype" if options.get("dtype") is None else "", None)
    values = np.arange(*(p for p, _ in pairs), *args[3:], **options)
    return values if dim.is_dimensionless else Quantity(values, dim)


def linspace(start: Any, stop: Any, *args: Any, **options: Any) -> Any:
    """numpy.linspace; start and stop have one unit (0 fits any).

    Raises DimensionMismatchError.

    >>> from rheobase.units import linspace, mV
    >>> linspace(0 * mV, 2 * mV, 3)
    array([0., 1., 2.]) * mvolt
    """
    return _minding(np.linspace)(start, stop, *args, **options)
