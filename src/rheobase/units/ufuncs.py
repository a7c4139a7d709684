"""What each numpy ufunc does to units.

A rule gets the ufunc's name and the operands as (plain value, dimension), and returns the
dimension of each output, or raises. A ufunc without a rule raises TypeError:
no unit is ever dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from rheobase.errors import DimensionMismatchError
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.si import common_dimension

__all__ = ["UFUNC_RULES", "exponent_of", "output_dimensions"]

Operand: TypeAlias = tuple[Any, Dimension]
Rule: TypeAlias = Callable[[str, Sequence[Operand]], tuple[Dimension, ...]]

_DOING: Final = {
    "add": "add", "subtract": "subtract",
    "remainder": "take the remainder", "fmod": "take the remainder",
    "divmod": "divide with remainder", "maximum": "take the maximum", "minimum": "take the minimum",
    "fmax": "take the maximum", "fmin": "take the minimum",
}  # fmt: skip


def _doing(name: str) -> str:
    return _DOING.get(name, f"apply {name}")


def _same(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return (common_dimension(ops, _doing(name)),)


def _compare(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    common_dimension(ops, f"compare ({name})")
    return (DIMENSIONLESS,)


def _angle(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    common_dimension(ops, _doing(name))
    return (DIMENSIONLESS,)


def _keep(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return (ops[0][1],)


def _keep_both(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return (ops[0][1], ops[0][1])


def _drop(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return (DIMENSIONLESS,)


def _number(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    for _, dim in ops:
        if dim is not DIMENSIONLESS:
            raise DimensionMismatchError(f"{name} takes plain numbers; divide by a unit first", dim)
    return (DIMENSIONLESS,)


def _multiply(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return (ops[0][1] * ops[1][1],)


def _divide(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return (ops[0][1] / ops[1][1],)


def _divmod(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return DIMENSIONLESS, common_dimension(ops, _doing(name))


def _first_times_number(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    _number(name, ops[1:])
    return (ops[0][1],)


def _heaviside(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return _number(name, ops[1:])  # the value at 0 stands beside 0 and 1


def _frexp(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    return ops[0][1], DIMENSIONLESS


def _to_power(power: float) -> Rule:
    return lambda name, ops: (ops[0][1] ** power,)


def exponent_of(value: Any, dim: Dimension) -> float:
    """The one number that a quantity may be raised to.

    Raises DimensionMismatchError if it has a unit, TypeError if it is not one real number.
    """
    if dim is not DIMENSIONLESS:
        raise DimensionMismatchError("An exponent must be a plain number", dim)
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise TypeError(
            "A quantity can be raised to one real number only: different exponents would give "
            f"its elements different units; the exponent was {value!r}"
        )
    return float(array.item())


def _power(name: str, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    (_, base), (value, dim) = ops
    if base is DIMENSIONLESS:
        return _number("The exponent of a power", ops[1:])
    return (base ** exponent_of(value, dim),)


def _names(text: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(text.split(), rule)


UFUNC_RULES: Final[dict[str, Rule]] = {
    **_names("add subtract maximum minimum fmax fmin remainder fmod hypot nextafter", _same),
    **_names("less less_equal greater greater_equal equal not_equal", _compare),
    **_names("negative positive absolute fabs conjugate rint floor ceil trunc spacing", _keep),
    **_names("isfinite isinf isnan isnat signbit sign", _drop),
    **_names("logical_and logical_or logical_xor logical_not", _drop),
    **_names(
        "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 "
        "log log2 log10 log1p logaddexp logaddexp2 deg2rad rad2deg degrees radians",
        _number,
    ),
    **_names("multiply matmul vecdot matvec vecmat", _multiply),
    **_names("divide floor_divide", _divide),
    **_names("power float_power", _power),
    **_names("ldexp", _first_times_number),
    "copysign": _keep,
    "arctan2": _angle,
    "divmod": _divmod,
    "modf": _keep_both,
    "frexp": _frexp,
    "heaviside": _heaviside,
    "sqrt": _to_power(0.5),
    "cbrt": _to_power(1 / 3),
    "square": _to_power(2),
    "reciprocal": _to_power(-1),
}

_REDUCE_KEEPS: Final = frozenset(
    ("add", "subtract", "maximum", "minimum", "fmax", "fmin", "hypot", "remainder", "fmod")
)
_REDUCE_DROPS: Final = frozenset(("logical_and", "logical_or", "logical_xor"))


def output_dimensions(
    ufunc: np.ufunc, method: str, ops: Sequence[Operand], options: dict[str, Any]
) -> tuple[Dimension, ...]:
    """The dimensions of the outputs of `ufunc.method(*ops, **options)`.

    Raises TypeError where the ufunc has no rule, DimensionMismatchError where units do not fit.
    """
    name = str(ufunc.__name__)
    rule = UFUNC_RULES.get(name)
    if rule is None:
        if all(d is DIMENSIONLESS for _, d in ops):
            return (DIMENSIONLESS,) * ufunc.nout
        raise TypeError(
            f"numpy.{name} has no meaning for values with units; divide by a unit first, or use "
            "numpy.asarray(x) for the SI numbers"
        )
    if method in ("__call__", "outer"):
        return rule(name, ops)
    if method == "at":
        return _at(name, rule, ops)
    return (_reduced(name, method, ops, options),)


def _at(name: str, rule: Rule, ops: Sequence[Operand]) -> tuple[Dimension, ...]:
    target = ops[0]
    result = rule(name, (target, *ops[2:]))
    if result[0] is not target[1]:
        raise DimensionMismatchError(f"{name}.at would change the unit", target[1], result[0])
    return result


def _reduced(name: str, method: str, ops: Sequence[Operand], options: dict[str, Any]) -> Dimension:
    values, dim = ops[0]
    if dim is DIMENSIONLESS or name in _REDUCE_DROPS:
        return DIMENSIONLESS
    if name in _REDUCE_KEEPS:
        return dim
    if name == "multiply" and method == "reduce" and options.get("where", True) is True:
        return dim ** _count(np.asarray(values), options.get("axis", 0))
    raise TypeError(f"{name}.{method} over values in {dim} would give elements of different units")


def _count(values: Any, axis: Any) -> int:
    """How many elements a reduction over `axis` combines."""
    if axis is None:
        return int(values.size)
    axes: tuple[int, ...] = axis if isinstance(axis, tuple) else (axis,)  # pyright: ignore
    return int(np.prod([values.shape[a] for a in axes])) if values.ndim else 1  # pyright: ignore
