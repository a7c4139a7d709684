"""Cutting rows of synapses at the bounds of those who own their targets, in native code.

A network has many rows, and those of neurons that never spike are cut, too. NumPy takes a
microsecond for each; here it is an eighth.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm.jit import jit
from rheobase.backends.llvm.text import I16, I32, I64, LIKELIHOOD, Code, Host, Value, Var

__all__ = ["cut_rows"]

SYMBOL = "rheobase_cuts"
_SIZES = {I16: 2, I32: 4}
_CUTS = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, *[ctypes.c_int64] * 3)  # releases the GIL


def cut_rows(
    rows: NDArray[np.int64], others: NDArray[np.generic], inner: Sequence[int]
) -> NDArray[np.int64]:
    """Where the pieces of the rows begin.

    rows     (n + 1,)   row r holds the entries rows[r] <= e < rows[r + 1]
    others   I32 or U16, by entry, ascending within each row
    inner    (lanes - 1,) ascending: piece k of a row has the entries with others < inner[k] that
             no earlier piece has; the last one has the rest
    Returns (n * lanes + 1,): piece k of row r begins at [r * lanes + k], and ends where the next
    begins.
    """
    n, lanes = len(rows) - 1, len(inner) + 1
    result = np.empty(n * lanes + 1, np.int64)
    bounds = np.array(inner, np.int64)
    function = _CUTS(jit().function(SYMBOL, _write))
    addresses = (array.ctypes.data for array in (rows, others, bounds, result))
    function(*addresses, n, lanes, others.itemsize)
    return result


def _write(host: Host) -> str:
    """The text of the module of void cuts(rows, others, inner, result, n, lanes, size)."""
    code = Code(host)
    size = Value(code, I64, 1, "%size")
    for elem, n_bytes in _SIZES.items():
        with code.when(size.eq(n_bytes)):
            _cut_all(code, elem)
    code.line("ret void")
    head = (
        f"define void @{SYMBOL}(ptr %rows, ptr %others, ptr %inner, ptr %result,"
        " i64 %n, i64 %lanes, i64 %size) nounwind"
    )
    return "\n".join([f"{head} {{\n{code.text()}\n}}", LIKELIHOOD, ""])


def _cut_all(code: Code, elem: str) -> None:
    """Cut all rows, whose entries are of this type."""
    n, lanes = (Value(code, I64, 1, f"%{name}") for name in ("n", "lanes"))
    with code.loop(0, n) as row:
        low, end = Var(code, I64, _word(code, "%rows", row)), _word(code, "%rows", row + 1)
        first = row * lanes
        _put(code, first, low.get())
        with code.loop(1, lanes) as lane:
            low.set(_first_from(code, elem, low.get(), end, _word(code, "%inner", lane - 1)))
            _put(code, first + lane, low.get())
    _put(code, n * lanes, _word(code, "%rows", n))


def _first_from(code: Code, elem: str, begin: Value, end: Value, bound: Value) -> Value:
    """The first of the entries begin, ..., end - 1 that is not below the bound; `end` if none."""
    low, high = Var(code, I64, begin), Var(code, I64, end)
    test, halve, found = code.label("test"), code.label("halve"), code.label("found")
    code.jump(test)
    code.begin(test)
    code.branch(low.get() < high.get(), halve, found)
    code.begin(halve)
    middle = (low.get() + high.get()) >> 1
    entry = code.let(elem, 1, f"load {elem}, ptr {code.at('%others', elem, middle)}")
    below = entry.cast("zext", I64) < bound
    low.set(code.select(below, middle + 1, low.get()))
    high.set(code.select(below, high.get(), middle))
    code.jump(test)
    code.begin(found)
    return low.get()


def _word(code: Code, array: str, k: Value) -> Value:
    return code.let(I64, 1, f"load i64, ptr {code.at(array, I64, k)}")


def _put(code: Code, k: Value, value: Value) -> None:
    code.line(f"store {value}, ptr {code.at('%result', I64, k)}")
