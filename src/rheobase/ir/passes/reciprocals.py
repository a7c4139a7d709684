"""Divides by what does not change in a loop with one multiplication.

Goals: where the divisor of an element's division is known before the loop, x / d becomes
x * (1 / d), with 1 / d computed there. A division of eight numbers keeps a processor busy for as
long as some thirty products do.

The result is that of the division or one next to it (1.5 ulp instead of 0.5), for d between
1e-300 and 1e300 (F32: 1e-37 and 1e37). So the pass is for code whose results have an error of
another size anyway: the step of an integration method. Where a value decides something (it is
compared, rounded to a whole number, the operand of a remainder), it is divided for as before.
"""

from __future__ import annotations

from dataclasses import replace

from rheobase.ir.dtypes import F32, F64
from rheobase.ir.kernels import Kernel
from rheobase.ir.ops import Op
from rheobase.ir.passes.rewrite import rebuild, roots

__all__ = ["multiply_by_reciprocals"]

_DECIDING = frozenset(
    ("lt", "le", "gt", "ge", "eq", "ne", "floor", "ceil", "sign", "floordiv", "mod")
)


def multiply_by_reciprocals(kernel: Kernel) -> Kernel:
    """The kernel, hoisted, with fewer divisions."""
    parts = kernel.parts
    n_before = len(kernel.once) + len(kernel.outer)
    exact = _deciding(kernel)
    ops: dict[int, Op] = dict(enumerate(kernel.ops))
    once = list(range(len(kernel.once)))
    found: dict[int, int] = {}  # the reciprocal of each divisor
    for n in range(n_before, len(kernel.ops)):
        op = ops[n]
        if op.name != "div" or op.dtype not in (F32, F64) or n in exact:
            continue
        divisor = op.args[1]
        if divisor >= len(kernel.once):
            continue
        if divisor not in found:
            one, found[divisor] = len(ops), len(ops) + 1
            ops[one] = Op("const", (), op.dtype, 1.0)
            ops[found[divisor]] = Op("div", (one, divisor), op.dtype)
            once += [one, found[divisor]]
        ops[n] = replace(op, name="mul", args=(op.args[0], found[divisor]))
    if not found:
        return kernel
    sections = [once]
    begin = len(kernel.once)
    for code in parts[1:]:
        sections.append(list(range(begin, begin + len(code))))
        begin += len(code)
    return rebuild(kernel, sections, ops, {n: n for n in range(len(kernel.ops))})


def _deciding(kernel: Kernel) -> set[int]:
    """The values that decide something, and all that they are computed from."""
    found: set[int] = set(roots(kernel))
    for n in range(len(kernel.ops) - 1, -1, -1):
        op = kernel.ops[n]
        if op.name in _DECIDING or (op.name == "cast" and op.dtype not in (F32, F64)):
            found.add(n)
        if n in found:
            found.update(op.args)
    return found
