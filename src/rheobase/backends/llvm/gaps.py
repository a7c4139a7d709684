"""Positions that are chosen at random, found by the gaps between them; see ir/domains.Sample.

Gaps are drawn and added up in vectors of LANES; each draw gives two vectors of them.
"""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm.library import call
from rheobase.backends.llvm.text import I64, Code, Value, Var, vector_type

__all__ = ["GAP_DRAW", "LANES", "by_gaps", "scale_of_gaps"]

GAP_DRAW = 0xFFFF
LANES = 8  # gaps that are drawn together: half of those that share the words of their draws
MOST = 1 << 51  # candidates of a sample
AS_BITS = 2.0**52  # of a whole number x < 2^52: the bits of x + 2^52 are x and the exponent
EXPONENT = 0x4330000000000000


def scale_of_gaps(code: Code, p: Value) -> Value:
    """What log(1 - u) is multiplied with, for 0 < p."""
    everything = p >= 1.0
    scale = 1.0 / call(code, "log1p", -code.select(everything, 0.5, p))
    return code.select(everything, 0.0, scale)


def by_gaps(
    code: Code,
    n: Value,
    scale: Value,
    uniforms: Callable[[Value], tuple[Value, Value]],
    take: Callable[[Value, Value], None],
) -> None:
    """take(positions, how many of them count), until position n.

    uniforms   two vectors of uniform numbers for a vector of draws k, k + 1, ...
    """
    limit = code.select(n < MOST, n, MOST)
    farthest = limit.cast("sitofp", "double")
    lanes = Value(code, I64, LANES, "<" + ", ".join(f"i64 {k}" for k in range(LANES)) + ">")
    last, block = Var(code, I64, -1), Var(code, I64, 0)
    test, body, done = code.label("sample"), code.label("draw"), code.label("done")
    code.jump(test)
    code.begin(test)
    code.branch(last.get() + 1 < n, body, done)
    code.begin(body)
    now = block.get()
    block.set(now + LANES)
    for u in uniforms(now + lanes):
        with code.when(last.get() + 1 < n):
            gap = code.floor(call(code, "log", 1.0 - u) * scale)
            gap = code.select(gap < farthest, gap, farthest)
            jumps = (gap + AS_BITS).bits() - (EXPONENT - 1)
            positions = _running_sums(jumps) + last.get()
            last.set(code.lane(positions, LANES - 1))
            inside = code.let(f"i{LANES}", 1, f"bitcast {positions < n} to i{LANES}")
            count = code.call(f"llvm.ctpop.i{LANES}", f"i{LANES}", 1, inside).cast("zext", I64)
            take(positions, count)
    code.jump(test)
    code.begin(done)


def _running_sums(x: Value) -> Value:
    """The sum of each lane and those before it, by doubling (Hillis & Steele 1986)."""
    code, shift = x.code, 1
    zero = f"{vector_type(x.elem, x.width)} zeroinitializer"
    while shift < x.width:
        chosen = [x.width if k < shift else k - shift for k in range(x.width)]
        lanes = ", ".join(f"i32 {k}" for k in chosen)
        mask = f"<{x.width} x i32> <{lanes}>"
        x = x + code.let(x.elem, x.width, f"shufflevector {x}, {zero}, {mask}")
        shift *= 2
    return x
