"""Numbers of a discrete distribution: how many thresholds of a table a random number reaches.

A number has 63 bits. The first 32 decide, unless they are those of a threshold: once in 2^32 draws
and thresholds. All lanes look at one threshold after the other until none is reached, so a draw
takes as many comparisons as the greatest of its vector has reached. See ir/kernels.Stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rheobase.backends.llvm import philox
from rheobase.backends.llvm.text import I32, I64, Code, Value, Var

__all__ = ["Table", "discrete"]


@dataclass(frozen=True)
class Table:
    """Thresholds, ascending: I64, of 63 bits."""

    place: str
    length: Value

    def __getitem__(self, k: Value) -> Value:
        place = k.code.at(self.place, I64, k)
        return k.code.let(I64, 1, f"load i64, ptr {place}")


def discrete(
    code: Code,
    table: Table,
    element: Value,
    prepared: Sequence[Value],
    others: Callable[[], Sequence[Value]],
) -> Value:
    """The number of thresholds that are reached, I64.

    prepared   of the draw of the first 32 bits
    others     writes what is prepared of the draw of the other bits
    """
    high = philox.quarter(code, element, prepared)
    zero = code.const(I32, 0, high.width)
    reached, last = Var(code, I32, zero), Var(code, I32, zero)
    test, look, count, done = (code.label(x) for x in ("test", "look", "count", "reached"))
    k = Var(code, I64, 0)
    code.jump(test)
    code.begin(test)
    now = k.get()
    code.branch(now < table.length, look, done)
    code.begin(look)
    threshold = (table[now] >> 31).cast("trunc", I32)
    reaches = ~high.below(threshold)
    code.branch(code.any(reaches), count, done)
    code.begin(count)
    reached.set(code.select(reaches, reached.get() + 1, reached.get()))
    last.set(code.select(reaches, threshold, last.get()))
    k.set(now + 1)
    code.jump(test)
    code.begin(done)
    undecided = last.get().eq(high) & reached.get().ne(0)
    with code.when(code.any(undecided), likely=False):
        reached.set(_looked_at_closely(code, table, element, high, others()))
    return reached.get().cast("zext", I64)


def _looked_at_closely(
    code: Code, table: Table, element: Value, high: Value, prepared: Sequence[Value]
) -> Value:
    """The same with all bits, lane by lane."""
    elements, highs = code.stacked(element), code.stacked(high)
    results = code.stacked(high)
    with code.loop(0, code.const(I64, high.width)) as lane:
        number = code.let(I64, 1, f"load i64, ptr {code.at(elements, I64, lane)}")
        first = code.let(I32, 1, f"load i32, ptr {code.at(highs, I32, lane)}")
        low = philox.words(number, prepared)[0] & philox.LOW
        met = first.cast("zext", I64) << 31 | low >> 1
        n = Var(code, I32, 0)
        with code.loop(0, table.length) as k:
            n.set(n.get() + (table[k] <= met).cast("zext", I32))
        code.line(f"store {n.get()}, ptr {code.at(results, I32, lane)}")
    return code.let(I32, high.width, f"load {high.type}, ptr {results}")
