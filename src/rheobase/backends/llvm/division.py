"""Division that rounds down, and its remainder, as Python and NumPy define them."""

from __future__ import annotations

from math import inf, nan

from rheobase.backends.llvm.math import two_prod
from rheobase.backends.llvm.text import F64, I64, Code, Value, Var

__all__ = ["floordiv", "int_divmod", "mod"]

LIMIT = 2.0**53  # from here on every quotient is an integer


def int_divmod(code: Code, a: Value, b: Value) -> tuple[Value, Value]:
    """Quotient and remainder of I64, rounded down; 0 and 0 for b = 0.

    The processor traps at b = 0 and at -2^63 / -1, so it never sees them.
    """
    zero, minus = b.eq(0), b.eq(-1)
    safe = code.select(zero | minus, 1, b)
    q = code.let(I64, a.width, f"sdiv {a}, {safe.ref}")
    r = a - q * safe
    down = r.ne(0) & ((r ^ safe) < 0)
    q = code.select(down, q - 1, q)
    r = code.select(down, r + safe, r)
    q = code.select(minus, -a, q)
    return code.select(zero, 0, q), code.select(zero | minus, 0, r)


def _rest(code: Code, a: Value, q: Value, b: Value) -> Value:
    """a - q b, exact where q is a / b rounded to a double or to an integer next to it."""
    if code.host.fma:
        return code.fma(-q, b, a)
    p, p_lo = two_prod(code, q, b)
    return (a - p) - p_lo


def _opposite(r: Value, b: Value) -> Value:
    return r.ne(0.0) & ((r < 0.0) ^ (b < 0.0))


def floordiv(code: Code, a: Value, b: Value) -> Value:
    """floor(a / b), exact where the quotient is below 2^53, else a / b rounded."""
    ratio = a / b
    q = code.floor(ratio)
    # a / b may round up to an integer that the true ratio stays below
    q = code.select(_opposite(_rest(code, a, q, b), b), q - 1.0, q)
    far = code.fabs(b).eq(inf)
    q = code.select(far, code.select(_opposite(a, b), -1.0, a / b), q)
    q = code.select(code.fabs(a).eq(inf), nan, q)
    return code.select(b.eq(0.0) | ratio.isnan(), ratio, q)


def mod(code: Code, a: Value, b: Value) -> Value:
    """a - b floor(a / b), exact; it has the sign of b. nan for b = 0 and for infinite a."""
    rest = Var(code, F64, a)
    again, reduce, done = code.label("again"), code.label("reduce"), code.label("done")
    wide = code.fabs(b).eq(inf)
    code.jump(again)
    code.begin(again)
    r = rest.get()
    ratio = r / b
    huge = code.fabs(ratio) >= LIMIT
    huge = huge & (code.fabs(r) < inf) & b.ne(0.0)
    code.branch(code.any(huge), reduce, done, "otherwise")
    # a multiple of b near r is taken off; each round removes 53 bits of the quotient
    code.begin(reduce)
    large = b
    for shift in (1000, 200):  # until the quotient is finite
        large = code.select(code.fabs(r / large).eq(inf), large * 2.0**shift, large)
    smaller = _rest(code, r, r / large, large)
    rest.set(code.select(huge, smaller, r))
    code.jump(again)

    code.begin(done)
    q = code.floor(ratio)
    left = _rest(code, r, q, b)
    left = code.select(_opposite(left, b), left + b, left)
    # b infinite: a itself where the signs agree
    beyond = code.select(_opposite(a, b), b, a)
    left = code.select(wide & (code.fabs(a) < inf), beyond, left)
    return code.select(left.eq(0.0), code.copysign(left, b), left)
