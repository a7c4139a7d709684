"""The algebra of `simplify`: exact identities of single operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, U16, DType
from rheobase.ir.ops import Op

__all__ = ["simpler"]

_EXACT_CASTS = {(U16, I64), (U16, F64), (I32, I64), (I32, F64), (F32, F64)} | {
    (BOOL, d) for d in DType
}


def simpler(op: Op, ops: Sequence[Op]) -> int | Op | None:
    """Something equal to the op and simpler: an earlier value by its id, another op, or None.

    op    its operands are ids in `ops`
    """
    rule = _RULES.get(op.name)
    return rule(op, ops) if rule else None


def _literal(ops: Sequence[Op], number: int) -> float | int | bool | None:
    op = ops[number]
    return None if op.name != "const" or isinstance(op.attr, str) else op.attr


def _is(ops: Sequence[Op], number: int, value: float) -> bool:
    """Whether the value is the constant, the sign of zero included."""
    met = _literal(ops, number)
    if met is None or isinstance(met, bool) or met != value:
        return False
    return isinstance(met, int) or math.copysign(1, met) == math.copysign(1, value)


def _both_ways(op: Op) -> tuple[tuple[int, int], tuple[int, int]]:
    a, b = op.args
    return (a, b), (b, a)


def _mul(op: Op, ops: Sequence[Op]) -> int | Op | None:
    for a, b in _both_ways(op):
        if _is(ops, b, 1):
            return a
        if _is(ops, b, -1):
            return Op("neg", (a,), op.dtype)
        if op.dtype is I64 and _is(ops, b, 0):
            return b
    return None


def _add(op: Op, ops: Sequence[Op]) -> int | Op | None:
    for a, b in _both_ways(op):
        if _is(ops, b, 0 if op.dtype is I64 else -0.0):
            return a
        if ops[b].name == "neg":
            return Op("sub", (a, ops[b].args[0]), op.dtype)
    return None


def _sub(op: Op, ops: Sequence[Op]) -> int | Op | None:
    a, b = op.args
    if _is(ops, b, 0.0):
        return a
    return Op("add", (a, ops[b].args[0]), op.dtype) if ops[b].name == "neg" else None


def _div(op: Op, ops: Sequence[Op]) -> int | Op | None:
    a, b = op.args
    return a if _is(ops, b, 1) else None


def _neg(op: Op, ops: Sequence[Op]) -> int | Op | None:
    (a,) = op.args
    return ops[a].args[0] if ops[a].name == op.name else None


def _ipow(op: Op, ops: Sequence[Op]) -> int | Op | None:
    return op.args[0] if op.attr == 1 else None


def _extreme(op: Op, ops: Sequence[Op]) -> int | Op | None:
    a, b = op.args
    return a if a == b else None


def _logic(op: Op, ops: Sequence[Op]) -> int | Op | None:
    neutral = op.name == "and"  # true and x, false or x
    for a, b in _both_ways(op):
        met = _literal(ops, b)
        if met is not None:
            return a if met == neutral else b
    return _extreme(op, ops)


def _select(op: Op, ops: Sequence[Op]) -> int | Op | None:
    condition, a, b = op.args
    known = _literal(ops, condition)
    if known is not None:
        return a if known else b
    if a == b:
        return a
    if ops[condition].name == "not":
        return replace(op, args=(ops[condition].args[0], b, a))
    if op.dtype is BOOL and _literal(ops, a) is True and _literal(ops, b) is False:
        return condition
    return None


def _cast(op: Op, ops: Sequence[Op]) -> int | Op | None:
    (a,) = op.args
    if ops[a].dtype is op.dtype:
        return a
    if ops[a].name != "cast":
        return None
    (origin,) = ops[a].args
    if (ops[origin].dtype, ops[a].dtype) in _EXACT_CASTS:
        return replace(op, args=(origin,))
    return None


def _ne(op: Op, ops: Sequence[Op]) -> int | Op | None:
    """A boolean as a number, compared with 0, is the boolean."""
    for a, b in _both_ways(op):
        if ops[a].name == "cast" and _literal(ops, b) == 0:
            (origin,) = ops[a].args
            if ops[origin].dtype is BOOL:
                return origin
    return None


_RULES = {
    "mul": _mul,
    "add": _add,
    "sub": _sub,
    "div": _div,
    "neg": _neg,
    "not": _neg,
    "ipow": _ipow,
    "min": _extreme,
    "max": _extreme,
    "and": _logic,
    "or": _logic,
    "select": _select,
    "cast": _cast,
    "ne": _ne,
}
