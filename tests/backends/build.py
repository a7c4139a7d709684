"""Slots, kernels and programs made by hand, for tests of the intermediate representation."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rheobase.ir.domains import EventLog, Index, IndexList, Part
from rheobase.ir.dtypes import F64, I32, I64, DType
from rheobase.ir.kernels import Kernel, Stream
from rheobase.ir.ops import OPS, Op
from rheobase.ir.program import Backend, Call, ClockSlots, Control, Program, Status
from rheobase.ir.slots import Slot


def slot(dtype: DType, values: ArrayLike, name: str = "") -> Slot:
    """A slot with these elements (one, if a scalar is given)."""
    array = np.atleast_1d(np.asarray(values, dtype.numpy))
    result = Slot(name, dtype, len(array))
    result.data[:] = array
    return result


def part(first: int, size: int) -> Part:
    return Part(slot(I64, first, "first"), slot(I64, size, "size"))


def index_list(numbers: ArrayLike, capacity: int | None = None) -> IndexList:
    numbers = np.asarray(numbers, np.int32)
    result = IndexList(
        Slot("indices", I32, max(len(numbers), capacity or 0)), slot(I64, len(numbers), "count")
    )
    result.indices.data[: len(numbers)] = numbers
    return result


def event_log(entries: int, starts: int, reach: int) -> EventLog:
    """An empty log; both lengths are powers of two."""
    return EventLog(Slot("log", I32, entries), Slot("starts", I64, starts), slot(I64, reach))


def stream(seed: int = 1, number: int = 0, step: int = 0) -> Stream:
    return Stream(slot(I64, [seed, number, 0], "stream"), slot(I64, step, "step"))


class Code:
    """Writes ops in order; the dtype of a result is inferred where OPS allows it.

    x = code.load(0, F64); y = code("mul", x, x); code.store(0, y)
    """

    def __init__(self) -> None:
        self.ops: list[Op] = []

    def __call__(
        self, name: str, *args: int, dtype: DType | None = None, attr: object = None
    ) -> int:
        if OPS[name].result in ("same", "float"):
            dtype = self.ops[args[-1]].dtype
        elif OPS[name].result == "bool":
            dtype = DType.BOOL
        self.ops.append(Op(name, args, dtype, attr))  # type: ignore[arg-type]
        return len(self.ops) - 1

    def const(self, value: float | int | bool, dtype: DType | None = None) -> int:
        if dtype is None:
            dtype = DType.BOOL if type(value) is bool else I64 if type(value) is int else F64
        return self("const", dtype=dtype, attr=value)

    def load(self, array: int, dtype: DType = F64) -> int:
        return self("load", dtype=dtype, attr=array)

    def index(self, name: str = "own") -> int:
        return self("index", dtype=I64, attr=name)

    def cast(self, value: int, dtype: DType) -> int:
        return self("cast", value, dtype=dtype)

    def store(self, array: int, value: int) -> None:
        self("store", value, attr=array)

    def accumulate(self, array: int, value: int) -> None:
        self("accumulate", value, attr=array)


def synapse_rows(
    pairs: ArrayLike, n_rows: int, side: Index = Index.PRE, dtype: DType = I32
) -> tuple[Slot, Slot, np.ndarray]:
    """rows, others, and the order of the pairs (n, 2) of (pre, post), sorted by the side's row."""
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    row, other = (0, 1) if side is Index.PRE else (1, 0)
    order = np.lexsort((pairs[:, other], pairs[:, row]))
    counts = np.bincount(pairs[:, row], minlength=n_rows)
    rows = slot(I64, np.concatenate(([0], np.cumsum(counts))), "rows")
    others = Slot("others", dtype, len(pairs))
    others.data[:] = pairs[order, other]
    return rows, others, order


def clock(end: int, dt: float = 1.0, step: Slot | None = None) -> ClockSlots:
    step = slot(I64, 0, "step") if step is None else step
    t = slot(F64, step.data[0] * dt, "t")
    return ClockSlots(step, t, slot(F64, dt, "dt"), slot(I64, end, "end"))


def run(kernel: Kernel, backend: Backend, n_steps: int = 1) -> Status:
    """Run a kernel alone for n_steps; its stream's step is not advanced."""
    program = Program((Call(kernel, 0),), (clock(n_steps),))
    control = Control()
    control.budget = n_steps + 1
    return backend.compile(program).run(control)


def copied(kernel: Kernel) -> Kernel:
    """The same kernel on new memory with the same content."""
    return _copied(kernel, {})


def contents(kernel: Kernel) -> list[np.ndarray]:
    """What every slot of the kernel holds, in the order of `Kernel.slots`."""
    return [s.data.copy() for s in kernel.slots()]


def _copied(x: Any, memo: dict[int, Slot]) -> Any:
    if isinstance(x, Slot):
        if id(x) not in memo:
            memo[id(x)] = Slot(x.name, x.dtype, len(x))
            memo[id(x)].data[:] = x.data
        return memo[id(x)]
    if isinstance(x, tuple):
        return tuple(_copied(y, memo) for y in x)
    if is_dataclass(x):
        return replace(x, **{f.name: _copied(getattr(x, f.name), memo) for f in fields(x)})
    return x
