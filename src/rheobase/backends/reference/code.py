"""The code of a kernel as a list of NumPy calls.

Each op becomes one function of the values so far and of the elements that it runs for: all of a
domain at once, or one alone. Which of the two gives the meaning of the kernel is decided by
access.py, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.reference.philox import (
    Word,
    Words,
    discrete,
    normal,
    normal_single,
    philox,
    uniform,
    uniform_single,
)
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import F32
from rheobase.ir.evaluate import Value, constant, function_of
from rheobase.ir.kernels import At, Kernel, Linked, Repeat, Stream
from rheobase.ir.ops import Op, has_effect
from rheobase.records import record

__all__ = ["ONCE", "Code", "Elements", "Position", "draw"]

Position: TypeAlias = "int | slice[int, int, None] | NDArray[Any]"
Step: TypeAlias = "Callable[[list[Value], Elements], Value]"


@record
class Elements:
    """The elements that code runs for.

    n          how many; None: one alone, and all positions are ints
    own, pre, post   their positions; one int if it is the same for all; None if not known
    k          candidates of Generate
    counter    element and step of the random numbers, where they are not (own, the clock's step)
    origin     the own position from which random numbers count elements
    """

    n: int | None
    own: Position | None = None
    pre: Position | None = None
    post: Position | None = None
    k: Position | None = None
    counter: tuple[Position, Position] | None = None
    origin: int = 0

    def one(self, i: int) -> Elements:
        """The i-th element alone."""
        counter = None
        if self.counter is not None:
            counter = (_pick(self.counter[0], i) or 0, _pick(self.counter[1], i) or 0)
        own, pre, post, k = (_pick(p, i) for p in (self.own, self.pre, self.post, self.k))
        return Elements(None, own, pre, post, k, counter, self.origin)

    def numbers(self, index: str) -> Value:
        """Positions as I64 values."""
        position: Position | None = getattr(self, index)
        if isinstance(position, slice):
            return np.arange(position.start, position.stop)
        return np.asarray(position, np.int64)[()]


def _pick(position: Position | None, i: int) -> int | None:
    if isinstance(position, slice):
        return position.start + i
    if isinstance(position, np.ndarray):
        return int(position[i])
    return position


ONCE = Elements(None)


class Code:
    """The three parts of a kernel's code, ready to run."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._written = {
            id(kernel.arrays[op.attr].slot)
            for op in kernel.ops
            if has_effect(op) and isinstance(op.attr, int)
        }
        self._positions = [self._position(n) for n in range(len(kernel.arrays))]
        self._constants = [constant(op) if op.name == "const" else None for op in kernel.ops]
        ops = enumerate(kernel.ops)
        self._once, self._outer, self._body, self._repeated, self._after = (
            [(n, self._step(op)) for n, op in islice(ops, len(part)) if op.name != "const"]
            for part in kernel.parts
        )
        first, second = len(kernel.once), len(kernel.once) + len(kernel.outer)
        used = {a for op in kernel.inner for a in op.args} | set(kernel.results)
        used |= set(kernel.repeat.roots if kernel.repeat else ())
        self.outer_values = sorted(k for k in used if first <= k < second)

    def once(self) -> list[Value]:
        """Run the part `once`; the values, with room for all others."""
        values: list[Value] = self._constants.copy()
        _run(self._once, values, ONCE)
        return values

    def outer(self, values: list[Value], elements: Elements) -> None:
        _run(self._outer, values, elements)

    def body(self, values: list[Value], elements: Elements) -> None:
        _run(self._body, values, elements)
        if self.kernel.repeat is not None:
            self._repeat(values, elements, self.kernel.repeat)
            _run(self._after, values, elements)

    def _repeat(self, values: list[Value], elements: Elements, repeat: Repeat) -> None:
        """The loop, for all elements until the last of them has enough."""
        n_carries = len(repeat.next)
        numbers = [n for n, _ in self._repeated[:n_carries]]
        for (n, _), op in zip(self._repeated, repeat.code[:n_carries]):
            values[n] = values[op.args[0]]
        going: Value = np.True_
        n_passed = 0
        while np.any(going):
            _run(self._repeated[n_carries:], values, elements)
            n_passed += 1
            handed_on: list[Value] = [
                _select(going, values[a], values[b]) for a, b in zip(repeat.next, numbers)
            ]
            going = going & values[repeat.again] & (n_passed < values[repeat.limit])
            for n, value in zip(numbers, handed_on):
                values[n] = value

    def results(self, values: list[Value], elements: Elements, together: bool) -> list[Any]:
        """Run the body, for all elements together or one after the other; each result (n,)."""
        n, results = elements.n, self.kernel.results
        if n is None:
            self.body(values, elements)
            return [np.reshape(values[r], 1) for r in results]
        if together:
            self.body(values, elements)
            return [np.broadcast_to(values[r], (n,)) for r in results]
        columns: list[list[Value]] = [[] for _ in results]
        for i in range(n):
            self.body(values, elements.one(i))
            for column, r in zip(columns, results):
                column.append(values[r])
        dtypes = [self.kernel.ops[r].dtype for r in results]
        return [np.array(c, d and d.numpy) for c, d in zip(columns, dtypes)]

    # ------------------------------------------------------------ ops
    def _step(self, op: Op) -> Step:
        match op.name:
            case "index":
                index = str(op.attr)
                return lambda values, elements: elements.numbers(index)
            case "uniform" | "normal":
                return self._draw(op)
            case "carry":
                (start,) = op.args
                return lambda values, elements: values[start]
            case "discrete":
                return self._discrete(op)
            case "load" | "load_at" | "length" | "store" | "accumulate":
                assert isinstance(op.attr, int)
                return self._memory(op, op.attr)
            case _:
                return _computing(op)

    def _memory(self, op: Op, array: int) -> Step:
        slot, position = self.kernel.arrays[array].slot, self._positions[array]
        match op.name:
            case "length":
                return lambda values, elements: np.int64(len(slot))
            case "load_at":
                (where,) = op.args
                return lambda values, elements: _clipped(slot.data, values[where])
            case "load" if id(slot) in self._written:  # a view would change with later stores
                return lambda values, elements: slot.data[position(elements)].copy()
            case "load":
                return lambda values, elements: slot.data[position(elements)]
            case "store":
                (value,) = op.args
                return lambda values, elements: _store(
                    slot.data, _spread(position(elements), elements), values[value]
                )
            case _:
                (value,) = op.args
                return lambda values, elements: _accumulate(
                    slot.data, _spread(position(elements), elements), values[value]
                )

    def _position(self, array: int) -> Callable[[Elements], Position]:
        index = self.kernel.arrays[array].index
        match index:
            case Index.SHARED:
                return lambda elements: 0
            case At(position=position):
                return lambda elements: position
            case Linked(array=link):
                slot, place = self.kernel.arrays[link].slot, self._position(link)
                return lambda elements: slot.data[place(elements)]
            case _:
                name = index.value
                return lambda elements: getattr(elements, name)

    def _draw(self, op: Op) -> Step:
        stream, number = self.kernel.stream, op.attr
        assert stream is not None
        assert isinstance(number, int)
        single = op.dtype is F32
        one = draw_uniform if op.name == "uniform" else draw_normal

        def step(values: list[Value], elements: Elements) -> Value:
            element, when = _counter(stream, elements)
            return one(stream, element, number, when, single)

        return step

    def _discrete(self, op: Op) -> Step:
        stream, (constant,) = self.kernel.stream, op.args
        assert stream is not None
        assert isinstance(op.attr, int)
        table = self.kernel.arrays[op.attr].slot

        def step(values: list[Value], elements: Elements) -> Value:
            element, when = _counter(stream, elements)
            number = draw_discrete(stream, element, int(values[constant]), when)
            return np.searchsorted(table.data, number, side="right")

        return step


def _counter(stream: Stream, elements: Elements) -> tuple[Value, Value]:
    """The element and the step of a draw."""
    if elements.counter is not None:
        return elements.counter
    element = 0 if elements is ONCE else elements.numbers("own") - elements.origin
    return element, int(stream.step.data[0]) - int(stream.state.data[2])


def draw_uniform(
    stream: Stream, element: Value, number: int, step: Value, single: bool = False
) -> Value:
    """A number in [0, 1)."""
    words = draw(stream, element, number, step)
    return uniform_single(words) if single else uniform(words)


def draw_normal(
    stream: Stream, element: Value, number: int, step: Value, single: bool = False
) -> Value:
    """A normal deviate; two elements share the words of one draw."""
    place = np.asarray(element, np.int64)
    shared = place >> 3 << 2 | place & 3
    words = draw(stream, shared, number, step)
    return (normal_single if single else normal)(words, (place & 4) != 0)


def draw_discrete(stream: Stream, element: Value, number: int, step: Value) -> NDArray[np.int64]:
    """A number below 2**63; four elements share the words of its first 32 bits."""
    place = np.asarray(element, np.int64)
    high = draw(stream, place >> 4 << 2 | place & 3, number, step)
    return discrete(high, place >> 2 & 3, draw(stream, element, number + 1, step))


def draw(stream: Stream, element: Value, number: int, step: Value) -> Words:
    """The words of a draw; ir/kernels.Stream says how the counter is made."""
    seed, stream_number = int(stream.state.data[0]), int(stream.state.data[1])
    when = np.asarray(step, np.int64)
    high = np.right_shift(when, 32) & 0xFFFF
    counter = (
        _word(element),
        _word(number | np.left_shift(high, 16)),
        _word(when),
        _word(stream_number),
    )
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF))


def _word(x: Value) -> Word:
    return (np.asarray(x, np.int64) & 0xFFFFFFFF).astype(np.uint64)


def _run(steps: Sequence[tuple[int, Step]], values: list[Value], elements: Elements) -> None:
    for number, step in steps:
        values[number] = step(values, elements)


def _computing(op: Op) -> Step:
    function = function_of(op)
    match op.args:
        case (a,):
            return lambda values, elements: function(values[a])
        case (a, b):
            return lambda values, elements: function(values[a], values[b])
        case (a, b, c):
            return lambda values, elements: function(values[a], values[b], values[c])
        case _:
            raise AssertionError(f"{op.name} has {len(op.args)} operands")


_select = function_of(Op("select"))


def _clipped(data: NDArray[Any], where: Value) -> Value:
    if not len(data):
        return np.zeros(np.shape(where), data.dtype)[()]
    return data[np.minimum(np.maximum(where, 0), np.int64(len(data) - 1))]  # np.clip is slow


def _spread(position: Position, elements: Elements) -> Position:
    """One position for each element, so that an effect happens as often as it should."""
    if elements.n is None or isinstance(position, slice):
        return position
    return position if np.ndim(position) else np.full(elements.n, position)


def _store(data: NDArray[Any], position: Position, value: Value) -> None:
    data[position] = value  # of repeated positions the last one stays, as it would one by one


def _accumulate(data: NDArray[Any], position: Position, value: Value) -> None:
    if isinstance(position, np.ndarray):
        np.add.at(data, position, value)  # in order
    else:
        data[position] += value
