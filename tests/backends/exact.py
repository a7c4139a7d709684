"""Functions of the language to hundreds of digits, by mpmath, and distances from their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

__all__ = ["SMALLEST", "errors_in_ulp", "exact"]

SMALLEST = 2.0**-1074
_MPMATH = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "ceil": "ceil", "abs": "fabs"}
_PERIODIC = ("sin", "cos", "tan")  # 1024 binary digits of the argument cancel


def exact(name: str) -> Callable[..., Any]:
    """The function of that name, of mpmath's numbers."""
    if name == "exprel":
        return lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1)
    if name == "pow":
        return lambda x, y: x**y
    function: Callable[..., Any] = getattr(mpmath, _MPMATH.get(name, name))
    return function


def errors_in_ulp(
    name: str, met: NDArray[np.floating], *columns: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(n,)  distance from the exact value, in units of the last place of the number of met's format
    next to it.

    name      a function of the language, or "pow"
    met       (n,)  what was computed
    columns   (n,) each, finite: the arguments
    Infinite where one of the two is nan or infinite and the other is not.
    """
    with mpmath.workprec(1400 if name in _PERIODIC else 240):
        f = exact(name)
        rows = zip(met.tolist(), *(c.tolist() for c in columns))
        kind = met.dtype.type
        return np.array([_error(a, f(*map(mpmath.mpf, row)), kind) for a, *row in rows])


def _error(met: float, wanted: Any, kind: type[np.floating]) -> float:
    if isinstance(wanted, mpmath.mpc):  # outside the domain
        return 0.0 if np.isnan(met) else np.inf
    with np.errstate(over="ignore"):
        nearest = kind(float(wanted))
    if met == nearest or not np.isfinite(nearest):
        return 0.0 if met == nearest else np.inf
    unit = float(max(np.spacing(abs(nearest)), np.finfo(kind).smallest_subnormal))
    return float(abs(mpmath.mpf(met) - wanted) / unit)
