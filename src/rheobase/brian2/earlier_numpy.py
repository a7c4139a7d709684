"""What scripts take from numpy that newer numpy has given up: other names, and sums of generators.

>>> from rheobase.brian2 import *
>>> trapz([1, 3]*mV, dx=2*ms).item() / (mV*ms)
4.0
>>> np.sum(k for k in range(4))
6
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import builtins
from collections.abc import Generator, Mapping
from types import GeneratorType
from typing import Any, Final, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["EARLIER", "in1d", "sum"]


def in1d(values: ArrayLike, wanted: ArrayLike, **options: Any) -> NDArray[np.bool_]:
    """(n,) which of n values are among those wanted; see numpy.isin.

    >>> from rheobase.brian2 import in1d
    >>> in1d([[1, 2], [3, 4]], [2, 3])
    array([False,  True,  True, False])
    """
    return np.isin(np.ravel(values), wanted, **options)


def sum(a: Any, *args: Any, **options: Any) -> Any:
    """numpy.sum, which takes generators as well.

    >>> from rheobase.brian2 import ms, sum
    >>> sum(t for t in [1*ms, 3*ms])
    4. * msecond
    >>> sum([[1, 2], [3, 4]], axis=0)
    array([4, 6])
    """
    if isinstance(a, GeneratorType):
        return builtins.sum(cast("Generator[Any]", a), *args, **options)
    return np.sum(a, *args, **options)


EARLIER: Final[Mapping[str, Any]] = {
    "Inf": np.inf,
    "Infinity": np.inf,
    "NINF": -np.inf,
    "NaN": np.nan,
    "PINF": np.inf,
    "alltrue": np.all,
    "complex_": np.complex128,
    "cumproduct": np.cumprod,
    "float_": np.float64,
    "in1d": in1d,
    "infty": np.inf,
    "product": np.prod,
    "round_": np.round,
    "row_stack": np.vstack,
    "sometrue": np.any,
    "sum": sum,
    "trapz": getattr(np, "trapezoid" if hasattr(np, "trapezoid") else "trapz"),  # new in numpy 2
}
