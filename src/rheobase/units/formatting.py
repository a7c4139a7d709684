"""Quantities as text: which unit suits the size of a value, and the digits in front of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.specs import UnitSpec, display_candidates

__all__ = ["best_spec", "latex_text", "number_text", "python_text", "user_specs", "value_text"]

_COMFORTABLE = 1.0  # log10 of the size that reads best: 0.32 to 316 of a unit
_NOISE = 2 * float(np.finfo(float).eps)
user_specs: dict[Dimension, dict[str, UnitSpec]] = {}  # register_new_unit adds to it


def best_spec(
    values: NDArray[Any], dim: Dimension, offered: Iterable[UnitSpec] | None = None
) -> UnitSpec:
    """The unit in which values read best, from `offered` or from all that fit.

    Looks only at the elements that would be printed of a long array.
    """
    known = tuple(user_specs.get(dim, {}).values())
    choices = tuple(s for s in offered if s.dim is dim) if offered is not None else ()
    if not choices:
        choices = known or display_candidates(dim)
    sizes = np.abs(_printed(values)).astype(float).ravel()
    sizes = sizes[(sizes > 0) & np.isfinite(sizes)]
    if not len(sizes) or len(choices) == 1:
        return choices[0]
    logs = np.log10(sizes)

    def strain(spec: UnitSpec) -> float:
        return float(np.sum((logs - spec.scale - _COMFORTABLE) ** 2))

    return min(choices, key=strain)


def _printed(values: NDArray[Any]) -> NDArray[Any]:
    """The elements of an array that numpy shows when it abbreviates."""
    options: dict[str, Any] = dict(np.get_printoptions())
    if values.size <= options["threshold"]:
        return values
    edge = options["edgeitems"]
    for axis, length in enumerate(values.shape):
        if length > 2 * edge:
            kept = np.r_[0:edge, length - edge : length]
            values = np.take(values, kept, axis=axis)
    return values


def _in_unit(values: NDArray[Any], spec: UnitSpec) -> NDArray[Any]:
    if values.dtype.kind in "biu" and spec.scale == 0:
        return values.astype(float)
    return np.asarray(values / spec.value)


def number_text(values: NDArray[Any], precision: int | None = None) -> str:
    """Digits as numpy prints them in an array: '10.', '[1. 2.]'."""
    if values.ndim:
        return np.array2string(values, precision=precision)
    return np.array2string(values.reshape(1), precision=precision)[1:-1].strip()


def value_text(values: NDArray[Any], spec: UnitSpec, precision: int | None = None) -> str:
    """'10. mV', '[1. 2.] mV': digits as numpy prints them.

    precision   digits after the point; None for numpy's print options
    """
    digits = number_text(_in_unit(values, spec), precision)
    return digits if not spec.factors else f"{digits} {spec.symbol}"


def python_text(values: NDArray[Any], spec: UnitSpec, precision: int | None = None) -> str:
    """'10. * mvolt', 'array([1., 2.]) * mvolt': code that makes the value again.

    A scalar is written with as many digits as it takes to come back up to the rounding of one
    product (2 eps), so 0.2*0.1*mV is '20. * uvolt'; arrays follow numpy's print options.
    """
    if values.ndim == 0 and precision is None and values.dtype.kind in "biuf":
        digits = _enough_digits(float(values), spec.value)
    elif values.ndim == 0:
        digits = number_text(_in_unit(values, spec), precision)
    else:
        digits = np.array_repr(_in_unit(values, spec), precision=precision)
    if not spec.factors:
        return f"Quantity({digits})"
    return f"{digits} * {spec.name}"


def _enough_digits(value: float, unit: float) -> str:
    """The shortest text d of numpy's form with float(d) * unit within _NOISE of the value."""
    number = value / unit
    if not np.isfinite(number):
        return repr(number)
    for digits in range(8, 18):
        text = number_text(np.array(number), digits)
        if abs(float(text) * unit - value) <= _NOISE * abs(value):
            return text
    return repr(number)


def latex_text(values: NDArray[Any], spec: UnitSpec) -> str:
    """The value and its unit in LaTeX, without dollar signs; arrays as matrices."""
    shown = _in_unit(values, spec)
    unit = rf"\,{spec.latex}" if spec.factors and spec.dim is not DIMENSIONLESS else ""
    if shown.ndim == 0:
        return _latex_number(number_text(shown)) + unit
    rows = [shown] if shown.ndim == 1 else list(shown.reshape(-1, shown.shape[-1]))
    body = r"\\".join(
        " & ".join(_latex_number(number_text(np.asarray(x))) for x in row) for row in rows
    )
    return rf"\left[\begin{{matrix}}{body}\end{{matrix}}\right]" + unit


def _latex_number(digits: str) -> str:
    mantissa, mark, exponent = digits.partition("e")
    mantissa = mantissa.rstrip(".").replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if mark else mantissa
