"""Arithmetic, comparison and conversion, with NumPy's edge cases: one small function each."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from rheobase.backends.llvm import library
from rheobase.backends.llvm.division import int_divmod
from rheobase.backends.llvm.text import BOOL, F32, F64, I16, I64, Code, Value
from rheobase.ir.ops import Op

__all__ = ["cast", "compute"]

_FLOATS = frozenset((F64, F32))
_UNSIGNED = frozenset((BOOL, I16))  # what no sign is in


def cast(code: Code, x: Value, to: str) -> Value:
    """To another type: floats are truncated (out of range to the nearest, nan to 0)."""
    if x.elem == to:
        return x
    if to == BOOL:
        return x.ne(0)
    if x.elem in _UNSIGNED:
        return x.cast("uitofp" if to in _FLOATS else "zext", to)
    if x.elem in _FLOATS and to in _FLOATS:
        return x.cast("fpext" if to == F64 else "fptrunc", to)
    if x.elem in _FLOATS:
        return _truncate(code, x, to)
    if to in _FLOATS:
        return x.cast("sitofp", to)
    return x.cast("sext" if to == I64 else "trunc", to)


def _truncate(code: Code, x: Value, to: str) -> Value:
    short = "f64" if x.elem == F64 else "f32"
    suffix = f"{to}.{short}" if x.width == 1 else f"v{x.width}{to}.v{x.width}{short}"
    how = "fptoui" if to in _UNSIGNED else "fptosi"
    return code.call(f"llvm.{how}.sat.{suffix}", to, x.width, x)


# ------------------------------------------------------------------ division
def _divided(code: Code, op: Op, a: Value, b: Value) -> Value:
    """floordiv and mod."""
    a, b = code.pair(a, b)
    if a.elem == F32:
        wide = (x.cast("fpext", F64) for x in (a, b))
        return library.call(code, op.name, *wide).cast("fptrunc", F32)
    if a.elem == F64:
        return library.call(code, op.name, a, b)
    q, r = int_divmod(code, a, b)
    return q if op.name == "floordiv" else r


# ------------------------------------------------------------------ the rest
def _min(code: Code, op: Op, a: Value, b: Value) -> Value:
    return _extreme(code, a < b, a, b)


def _max(code: Code, op: Op, a: Value, b: Value) -> Value:
    return _extreme(code, a > b, a, b)


def _extreme(code: Code, first: Value, a: Value, b: Value) -> Value:
    chosen = code.select(first, a, b)  # b where either is nan
    return code.select(a.isnan(), a, chosen) if a.elem in _FLOATS else chosen


def _abs(code: Code, op: Op, a: Value) -> Value:
    return code.fabs(a) if a.elem in _FLOATS else code.select(a < 0, -a, a)


def _sign(code: Code, op: Op, a: Value) -> Value:
    zero = code.const(a.elem, 0, a.width)
    signed = code.select(a > zero, 1, code.select(a < zero, -1, zero))
    return code.select(a.isnan(), a, signed) if a.elem in _FLOATS else signed


def _ipow(code: Code, op: Op, a: Value) -> Value:
    """Repeated squaring."""
    assert type(op.attr) is int
    factors: list[Value] = []
    power, n = a, op.attr
    while True:
        if n & 1:
            factors.append(power)
        n >>= 1
        if not n:
            return reduce(lambda x, y: x * y, factors)
        power = power * power


# by name, the operations that are computed here; all others of ir/ops are in the library
UNARY: dict[str, Callable[[Code, Op, Value], Value]] = {
    "neg": lambda code, op, a: -a,
    "abs": _abs,
    "sign": _sign,
    "ipow": _ipow,
    "not": lambda code, op, a: ~a,
    "sqrt": lambda code, op, a: code.sqrt(a),
    "floor": lambda code, op, a: code.floor(a),
    "ceil": lambda code, op, a: code.intrinsic("ceil", a),
}
BINARY: dict[str, Callable[[Code, Op, Value, Value], Value]] = {
    "add": lambda code, op, a, b: a + b,
    "sub": lambda code, op, a, b: a - b,
    "mul": lambda code, op, a, b: a * b,
    "div": lambda code, op, a, b: a / b,
    "floordiv": _divided,
    "mod": _divided,
    "min": _min,
    "max": _max,
    "lt": lambda code, op, a, b: a < b,
    "le": lambda code, op, a, b: a <= b,
    "gt": lambda code, op, a, b: a > b,
    "ge": lambda code, op, a, b: a >= b,
    "eq": lambda code, op, a, b: a.eq(b),
    "ne": lambda code, op, a, b: a.ne(b),
    "and": lambda code, op, a, b: a & b,
    "or": lambda code, op, a, b: a | b,
}


def compute(code: Code, op: Op, *args: Value) -> Value:
    """The value of an operation that only computes (all but casts)."""
    match args:
        case (a,) if op.name in UNARY:
            return UNARY[op.name](code, op, a)
        case (a, b) if op.name in BINARY:
            return BINARY[op.name](code, op, a, b)
        case (condition, a, b):
            return code.select(condition, a, b)
        case _:
            return library.call(code, op.name, *args)
