"""The operators of quantities: arithmetic, in-place forms, comparison.

Two scalars of floats in matching units, the commonest case, are computed as Python numbers; all
else goes through numpy's functions, which know the rules of units (`ufuncs`).
"""

# numpy's functions and the operators take any type
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np

from rheobase.units.dimensions import Dimension
from rheobase.units.si import plain
from rheobase.units.ufuncs import output_dimensions

__all__ = ["Operators", "defers"]

_F64: Final = np.dtype(np.float64)
_item: Final = cast("Callable[[Any], Any]", np.ndarray.item)
_TRUE, _FALSE = np.True_, np.False_


class Operators:
    """Mixed into Quantity; `self` is an ndarray with a `dim`, `_number` makes a scalar."""

    __slots__ = ()
    dim: Dimension

    # ------------------------------------------------------------------ arithmetic

    def __add__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return self._number(_item(self) + _item(other), self.dim)
        return _binary(np.add, self, other)

    def __radd__(self: Any, other: Any) -> Any:
        return _binary(np.add, other, self)

    def __sub__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return self._number(_item(self) - _item(other), self.dim)
        return _binary(np.subtract, self, other)

    def __rsub__(self: Any, other: Any) -> Any:
        return _binary(np.subtract, other, self)

    def __mul__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators):
            if _fast(self, other):
                return self._number(_item(self) * _item(other), self.dim * other.dim)
        elif type(other) in (float, int) and self.dtype is _F64 and self.ndim == 0:
            return self._number(_item(self) * float(other), self.dim)
        return _binary(np.multiply, self, other)

    def __rmul__(self: Any, other: Any) -> Any:
        if type(other) in (float, int) and self.dtype is _F64 and self.ndim == 0:
            return self._number(float(other) * _item(self), self.dim)
        return _binary(np.multiply, other, self)

    def __truediv__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators):
            if _fast(self, other) and (divisor := _item(other)):
                return self._number(_item(self) / divisor, self.dim / other.dim)
        elif type(other) in (float, int) and other and self.dtype is _F64 and self.ndim == 0:
            return self._number(_item(self) / float(other), self.dim)
        return _binary(np.divide, self, other)

    def __rtruediv__(self: Any, other: Any) -> Any:
        return _binary(np.divide, other, self)

    def __floordiv__(self: Any, other: Any) -> Any:
        return _binary(np.floor_divide, self, other)

    def __rfloordiv__(self: Any, other: Any) -> Any:
        return _binary(np.floor_divide, other, self)

    def __mod__(self: Any, other: Any) -> Any:
        return _binary(np.remainder, self, other)

    def __rmod__(self: Any, other: Any) -> Any:
        return _binary(np.remainder, other, self)

    def __divmod__(self: Any, other: Any) -> Any:
        return _binary(np.divmod, self, other)

    def __rdivmod__(self: Any, other: Any) -> Any:
        return _binary(np.divmod, other, self)

    def __pow__(self: Any, other: Any, modulo: None = None) -> Any:
        return _binary(np.power, self, other)

    def __rpow__(self: Any, other: Any, modulo: None = None) -> Any:
        return _binary(np.power, other, self)

    def __matmul__(self: Any, other: Any) -> Any:
        return _binary(np.matmul, self, other)

    def __rmatmul__(self: Any, other: Any) -> Any:
        return _binary(np.matmul, other, self)

    def __neg__(self: Any) -> Any:
        return np.negative(self)

    def __pos__(self: Any) -> Any:
        return np.positive(self)

    def __abs__(self: Any) -> Any:
        return np.absolute(self)

    def __round__(self: Any, ndigits: int = 0) -> Any:
        return np.round(self, ndigits)

    # ------------------------------------------------------------------ in place

    def __iadd__(self: Any, other: Any) -> Any:
        return _in_place(np.add, operator.add, self, other)

    def __isub__(self: Any, other: Any) -> Any:
        return _in_place(np.subtract, operator.sub, self, other)

    def __imul__(self: Any, other: Any) -> Any:
        return _in_place(np.multiply, operator.mul, self, other)

    def __itruediv__(self: Any, other: Any) -> Any:
        return _in_place(np.divide, operator.truediv, self, other)

    def __ifloordiv__(self: Any, other: Any) -> Any:
        return _in_place(np.floor_divide, operator.floordiv, self, other)

    def __imod__(self: Any, other: Any) -> Any:
        return _in_place(np.remainder, operator.mod, self, other)

    def __ipow__(self: Any, other: Any) -> Any:
        return _in_place(np.power, operator.pow, self, other)

    # ------------------------------------------------------------------ comparison

    def __eq__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return _TRUE if _item(self) == _item(other) else _FALSE
        return _binary(np.equal, self, other)

    def __ne__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return _TRUE if _item(self) != _item(other) else _FALSE
        return _binary(np.not_equal, self, other)

    def __lt__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return _TRUE if _item(self) < _item(other) else _FALSE
        return _binary(np.less, self, other)

    def __le__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return _TRUE if _item(self) <= _item(other) else _FALSE
        return _binary(np.less_equal, self, other)

    def __gt__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return _TRUE if _item(self) > _item(other) else _FALSE
        return _binary(np.greater, self, other)

    def __ge__(self: Any, other: Any) -> Any:
        if isinstance(other, Operators) and self.dim is other.dim and _fast(self, other):
            return _TRUE if _item(self) >= _item(other) else _FALSE
        return _binary(np.greater_equal, self, other)


def _fast(a: Any, b: Any) -> bool:
    return a.dtype is _F64 and b.dtype is _F64 and a.ndim == 0 and b.ndim == 0


def defers(other: Any) -> bool:
    return not isinstance(other, Operators) and getattr(other, "__array_ufunc__", 0) is None


def _binary(ufunc: np.ufunc, left: Any, right: Any) -> Any:
    if defers(left) or defers(right):
        return NotImplemented
    return ufunc(left, right)


def _in_place(
    ufunc: np.ufunc, operation: Callable[[Any, Any], Any], target: Any, other: Any
) -> Any:
    """target op= other. Scalars give a new object, as numbers do.

    An array that changes its unit changes for all who hold it; a slice of another array cannot,
    as the memory belongs to an array that keeps its unit, so a new array is made.
    """
    if target.ndim == 0:
        return operation(target, other)
    if defers(other):
        return NotImplemented
    ops = [(np.asarray(target), target.dim), plain(other)]
    (dim,) = output_dimensions(ufunc, "__call__", ops, {})
    if dim is not target.dim and isinstance(target.base, Operators):
        return ufunc(target, other)
    ufunc(ops[0][0], ops[1][0], out=ops[0][0])
    target.dim = dim
    return target
