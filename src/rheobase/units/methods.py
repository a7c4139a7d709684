"""The methods of ndarray that must mind units, in terms of the numpy functions of the same name.

Methods that only rearrange (reshape, transpose, copy ...) keep the unit by themselves.
"""

# the signatures are numpy's, whatever its version: arguments are passed on as they come
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["ArrayMethods"]

_FORWARDED: Final = (
    "all any argmax argmin argpartition argsort choose clip cumprod cumsum diagonal dot "
    "max mean min nonzero prod ptp repeat round searchsorted std sum take trace var"
)


class ArrayMethods:
    """Mixed into Quantity; `self` is an ndarray with a `dim`."""

    __slots__ = ()
    dim: Dimension

    def item(self: Any, *index: Any) -> Any:
        """One element, with its unit."""
        return type(self)._made(np.asarray(self).item(*index), self.dim)

    def tolist(self: Any) -> Any:
        """Nested lists of scalar quantities.

        >>> from rheobase.units import mV
        >>> ([1, 2] * mV).tolist()
        [1. * mvolt, 2. * mvolt]
        """
        return _listed(np.asarray(self).tolist(), self.dim, type(self)._made)

    def fill(self: Any, value: Any) -> None:
        """Set every element; raises DimensionMismatchError for another unit."""
        np.asarray(self).fill(self._fitting(value))

    def put(self: Any, indices: Any, values: Any, mode: Any = "raise") -> None:
        """As numpy.put; raises DimensionMismatchError for another unit."""
        np.asarray(self).put(indices, self._fitting(values), mode)

    def astype(self: Any, dtype: Any, *args: Any, **options: Any) -> Any:
        """Numbers of another type in the same unit; anything else is a plain array."""
        made = np.asarray(self).astype(dtype, *args, **options)
        return type(self)._made(made, self.dim) if made.dtype.kind in "iufc" else made

    @property
    def real(self: Any) -> Any:
        """The real parts, in the same unit."""
        return type(self)._made(np.real(np.asarray(self)), self.dim)

    @property
    def imag(self: Any) -> Any:
        """The imaginary parts, in the same unit."""
        return type(self)._made(np.imag(np.asarray(self)), self.dim)


def _listed(values: Any, dim: Dimension, make: Callable[[Any, Dimension], Any]) -> Any:
    if isinstance(values, list):
        return [_listed(v, dim, make) for v in values]
    return values if dim is DIMENSIONLESS else make(values, dim)


def _forward(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return function(self, *args, **options)

    method.__name__ = name
    method.__doc__ = f"As numpy.{name}, minding units."
    return method


for _name in _FORWARDED.split():
    setattr(ArrayMethods, _name, _forward(_name))


def _compress(self: Any, condition: Any, *args: Any, **options: Any) -> Any:
    """As numpy.compress, minding units; its arguments come the other way round there."""
    return np.compress(condition, self, *args, **options)


setattr(ArrayMethods, "compress", _compress)  # noqa: B010
