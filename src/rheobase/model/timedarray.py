"""TimedArray: a function of time that is given as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import (
    DimensionMismatchError,
    Fault,
    ModelTypeError,
    ModelValueError,
)
from rheobase.ir.builder import Element, Literal
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Type
from rheobase.model.base import take_name
from rheobase.model.clock import seconds
from rheobase.model.grids import holds_during_steps
from rheobase.units import Quantity, second, to_si
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["TimedArray"]

_SLACK: Final = 1e-6  # steps: t = k*dt belongs to step k, however it was rounded
_STEP: Final = f"int(floor(t/_dt + {_SLACK}))"
_ONE: Final = parse_expression(f"_table({_STEP})")
_TWO: Final = parse_expression(
    f"_table(clip({_STEP}, 0, _n_steps - 1)*_n_columns + i) if i >= 0 and i < _n_columns else _nan"
)


class TimedArray:
    """A function of time, f(t), or of time and a number, f(t, i), given by its values.

    values   (n_steps,) or (n_steps, n_columns), in any unit
    dt       the time for which each value holds, > 0: values[k] for k*dt <= t < (k + 1)*dt.
             The first value holds before, the last after.

    In models it is called by the name of the Python variable. When dt is a multiple of the dt of a
    group, f(t) is constant during each step, and linear equations are still solved exactly. A
    time that falls short of k*dt by less than a millionth of dt counts as k*dt. For columns that
    do not exist, f(t, i) is nan in models and IndexError in Python.

    Numbers may be changed between runs (`f.values[:] = ...`, `f.values = ...`): nothing is
    compiled again.

    Raises ModelValueError for dt <= 0 or no values, NotImplementedError for more than two
    dimensions, DimensionMismatchError if dt or t is no time.

    >>> from rheobase import TimedArray, mV, ms
    >>> stimulus = TimedArray([1, 2, 4]*mV, dt=10*ms)
    >>> stimulus(12*ms)
    2. * mvolt
    >>> stimulus(1000*ms)
    4. * mvolt
    """

    def __init__(self, values: Any, dt: Any, name: str | None = None) -> None:
        number, self.dim = to_si(values)
        array = np.asarray(number, np.float64)
        self.name = take_name("_timedarray*" if name is None else name, self)
        if array.ndim not in (1, 2):
            raise NotImplementedError(
                f"TimedArray: values are f(t) or f(t, i), one or two dimensions, not {array.ndim}"
            )
        self.ndim = array.ndim
        self._values = Slot(self.name, F64, 0)
        self._shape = (Slot("n_steps", I64), Slot("n_columns", I64, fill=1))
        self._dt = Slot("dt", F64)
        self._dt.data[0] = _step(dt)
        self._write(array)
        self._info = self._make_info()

    def __reduce__(self) -> Any:
        values, dt = Quantity(self.values, dim=self.dim), Quantity(self.dt, dim=second.dim)
        return TimedArray, (values, dt)

    def __repr__(self) -> str:
        columns = "" if self.ndim == 1 else f" of {self._shape[1].data[0]} columns"
        steps, dt = self._shape[0].data[0], Quantity(self.dt, dim=second.dim)
        return f"<TimedArray '{self.name}': {steps} steps of {dt}{columns}>"

    # ------------------------------------------------------------ the numbers
    @property
    def values(self) -> NDArray[np.float64]:
        """The values in SI, of the shape in which they were given; writing changes the function."""
        columns = int(self._shape[1].data[0])
        data: NDArray[np.float64] = self._values.data
        return data if self.ndim == 1 else data.reshape(-1, columns)

    @values.setter
    def values(self, values: Any) -> None:
        number, dim = to_si(values)
        if dim is not self.dim and dim is not DIMENSIONLESS:
            raise DimensionMismatchError(f"{self.name}: values are in {self.dim}, not in {dim}")
        array = np.asarray(number, np.float64)
        if array.ndim != self.ndim:
            raise ModelValueError(
                f"{self.name}: values have {self.ndim} dimensions, they cannot get {array.ndim}"
            )
        self._write(array)

    def _write(self, array: NDArray[np.float64]) -> None:
        if not array.size:
            raise ModelValueError("TimedArray: at least one value is needed")
        self._values.assign(array.ravel())
        self._shape[0].data[0] = array.shape[0]
        self._shape[1].data[0] = array.shape[1] if array.ndim == 2 else 1

    @property
    def dt(self) -> float:
        """The time for which each value holds, in seconds."""
        return float(self._dt.data[0])

    def is_locally_constant(self, dt: float) -> bool:
        """Whether f(t) is constant during each step of length dt (in seconds)."""
        return holds_during_steps(self.dt, dt)

    # ------------------------------------------------------------ in Python
    def __call__(self, t: Any, i: Any = None) -> Any:
        """The value at a time; arrays broadcast."""
        if (i is not None) != (self.ndim == 2):
            wanted = "t" if self.ndim == 1 else "t, i"
            raise ModelTypeError(f"{self.name} has {self.ndim} dimensions: call it with ({wanted})")
        time, dim = to_si(t)
        if dim is not second.dim and not np.all(np.equal(time, 0)):
            raise DimensionMismatchError(f"{self.name}: t must be a time, not {t}; e.g. 10*ms")
        if i is not None and not self._has_columns(np.asarray(i)):
            n = self.values.shape[1]
            raise IndexError(f"{self.name} has {n} columns (0 to {n - 1}); it has no {i}")
        result = self._at(time) if i is None else self._at(time, i)
        return result if self.dim is DIMENSIONLESS else Quantity(result, dim=self.dim)

    def _has_columns(self, columns: NDArray[Any]) -> bool:
        n = self.values.shape[1]
        return columns.dtype.kind in "iu" and bool(((columns >= 0) & (columns < n)).all())

    def _at(self, t: Any, i: Any = None) -> Any:
        """SI numbers from SI numbers; nan where there is no such column, as in code of models."""
        steps = np.floor(np.asarray(t) / self.dt + _SLACK).astype(np.int64)
        rows = np.clip(steps, 0, len(self.values) - 1)
        if i is None:
            return self.values[rows]
        n = self.values.shape[1]
        there = (np.asarray(i) >= 0) & (np.asarray(i) < n)
        return np.where(there, self.values[rows, np.where(there, i, 0)], np.nan)

    # ------------------------------------------------------------ in models
    def info(self, name: str) -> FunctionInfo | Fault:
        """The function as code of models knows it."""
        return self._info

    def _make_info(self) -> FunctionInfo:
        shared = Index.SHARED
        table = FunctionInfo(
            "_table", ("k",), (DIMENSIONLESS,), DIMENSIONLESS, Type.FLOAT, op="load_at",
            data={"table": self._values},
        )  # fmt: skip
        data: Mapping[str, Any] = {
            "_dt": Element(self._dt, shared),
            "_n_steps": Element(self._shape[0], shared),
            "_n_columns": Element(self._shape[1], shared),
            "_nan": Literal(float("nan")),
        }
        return FunctionInfo(
            self.name,
            ("t", "i")[: self.ndim],
            (second.dim, DIMENSIONLESS)[: self.ndim],
            self.dim,
            Type.FLOAT,
            python=self._at,
            expansion=_ONE if self.ndim == 1 else _TWO,
            data=data,
            functions={**FUNCTIONS, "_table": table},
            grid=lambda: self.dt,
        )


def _step(dt: Any) -> float:
    value = seconds(dt, "the dt of a TimedArray")
    if not value > 0:
        raise ModelValueError(f"TimedArray: dt must be a positive time, not {dt}")
    return value
