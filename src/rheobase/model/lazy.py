"""Objects that stand for an array and are read when somebody calculates with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

__all__ = ["Lazy", "read"]


def _values(values: Any) -> Any:
    return values


class Lazy(NDArrayOperatorsMixin):
    """Base of what calculates like the array (or quantity) that indexing with [:] gives."""

    def __getitem__(self, item: Any) -> Any:
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        values: NDArray[Any] = np.asanyarray(self[:])
        return values if dtype is None else values.astype(dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwds: Any) -> Any:
        if "out" in kwds and any(isinstance(x, Lazy) for x in kwds["out"]):
            return NotImplemented
        return getattr(ufunc, method)(*map(read, inputs), **kwds)

    def __array_function__(
        self, func: Callable[..., Any], types: object, args: Sequence[Any], kwds: dict[str, Any]
    ) -> Any:
        return func(*map(read, args), **{k: read(v) for k, v in kwds.items()})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self[:], name)

    def __reduce__(self) -> Any:
        """What is pickled or copied, or returned by another process, is the values of now."""
        return _values, (self[:],)

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])

    def __float__(self) -> float:
        return float(self[:])

    def __bool__(self) -> bool:
        return bool(self[:])


def read(value: Any) -> Any:
    """Lazy arrays, in lists and tuples too, as what they stand for."""
    if isinstance(value, Lazy):
        return value[:]
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[Any]", value)
        if any(isinstance(x, Lazy) for x in items):
            return type(value)(read(x) for x in items)  # pyright: ignore
    return value  # pyright: ignore[reportUnknownVariableType]
