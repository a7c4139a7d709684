"""What the scalar operations mean, in NumPy.

One function for each op that only computes: of values (NumPy scalars or arrays of one shape) to a
value. The reference backend runs them, the passes fold constants with them, and every other
backend is tested against them.

Where NumPy leaves a choice: `floordiv` and `mod` are Python's, exact even where a / b rounds up to
a whole number (1.0 // 0.1 is 9, 1.0 % 0.1 is just below 0.1); a cast from float to integer takes
nan to 0 and what lies outside to the nearest integer of the type.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from rheobase.ir.dtypes import BOOL, DType
from rheobase.ir.ops import Op
from rheobase.units.relative import exprel_of_numbers

__all__ = ["Value", "constant", "evaluate", "function_of"]

Value: TypeAlias = Any  # a NumPy scalar or an array (n,), of the dtype that the op says


def evaluate(op: Op, *args: Value) -> Value:
    """The value of an op that computes; floating-point warnings are the caller's to silence.

    >>> import numpy as np
    >>> from rheobase.ir.dtypes import F64
    >>> print(evaluate(Op("add", (0, 1), F64), np.float64(1), np.float64(2)))
    3.0
    """
    return function_of(op)(*args)


def constant(op: Op) -> Value:
    """The value of a `const`."""
    assert op.dtype is not None
    return np.asarray(op.attr, op.dtype.numpy)[()]


def function_of(op: Op) -> Callable[..., Value]:
    """The function that computes the op from its operands."""
    if op.name == "cast":
        assert op.dtype is not None
        return partial(_cast, op.dtype)
    if op.name == "ipow":
        assert isinstance(op.attr, int)
        return partial(_power, op.attr)
    if op.name in _MATHEMATICS:
        return partial(_mathematics, _MATHEMATICS[op.name])
    return _FUNCTIONS[op.name]


def _cast(dtype: DType, a: Value) -> Value:
    array = np.asarray(a)
    if dtype is BOOL:
        return np.not_equal(array, 0)
    if dtype.is_integer and array.dtype.kind == "f":
        low, high = _RANGES[dtype]
        inside: Value = np.where((array > low) & (array < high), array, 0).astype(dtype.numpy)
        inside[array <= low] = int(low)
        inside[array >= high] = int(high) - 1
        return inside[()]
    return array.astype(dtype.numpy)[()]


def _power(power: int, a: Value) -> Value:
    """Powers by squaring, from the lowest bit of the exponent."""
    result = None
    while True:
        if power & 1:
            result = a if result is None else np.multiply(result, a)
        power >>= 1
        if not power:
            return result
        a = np.multiply(a, a)


def _mathematics(function: Callable[..., Value], *args: Value) -> Value:
    if args[0].dtype == np.float32:
        return function(*(np.float64(a) for a in args)).astype(np.float32)
    return function(*args)


def _exprel(a: Value) -> Value:
    return exprel_of_numbers(np.asarray(a))[()]


def _pow(a: Value, b: Value) -> Value:
    """C's pow. NumPy takes a single exponent 0.5 for sqrt, which differs: pow(-inf, 0.5) is inf."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    exponents: Value = np.full(shape or (1,), b)
    return np.reshape(np.power(np.atleast_1d(a), exponents), shape)[()]


def _select(condition: Value, a: Value, b: Value) -> Value:
    return np.where(condition, a, b)[()]  # pyright: ignore


# lowest number, and one more than the highest; exact as floats
_RANGES = {
    DType.U16: (0.0, 2.0**16),
    DType.I32: (-(2.0**31), 2.0**31),
    DType.I64: (-(2.0**63), 2.0**63),
}

_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "neg": np.negative,
    "min": np.minimum,
    "max": np.maximum,
    "abs": np.abs,
    "sign": np.sign,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": _select,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil,
}

# single precision of these is the rounded double
_MATHEMATICS: dict[str, Callable[..., Value]] = {
    "pow": _pow,
    "exp": np.exp,
    "expm1": np.expm1,
    "exprel": _exprel,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
}
