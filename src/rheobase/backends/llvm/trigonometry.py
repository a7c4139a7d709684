"""Trigonometric functions as branch-free code on scalars and vectors of floats; see math.py.

Arguments below 2^28 are reduced by a multiple of pi/2 with 160 bits; a larger one in a vector is
recognised by a branch, and goes through angles.py. Singles are reduced as doubles.
"""

from __future__ import annotations

from math import nan

from rheobase.backends.llvm.angles import PIO2, reduce_large
from rheobase.backends.llvm.formats import DOUBLE, format_of
from rheobase.backends.llvm.math import fast_two_sum, two_prod, two_sum
from rheobase.backends.llvm.text import F32, F64, I32, Code, Value

__all__ = ["arccos", "arcsin", "arctan", "cos", "cos_sin_turns", "sin", "tan"]

TWO_OVER_PI = 0.6366197723675814
# pi/2 in parts: a multiple of the first two by a number below 2^28 is exact
SHORT_PIO2 = (1.570796251296997, 7.549789415861596e-08, 5.390302858158119e-15)


def _reduce(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(q, r, r_lo): x = q pi/2 + r + r_lo with |r| <= pi/4; the low bits of q are the quadrant."""
    if x.elem == F32:
        return _reduce_single(code, x)
    t = code.fma(x, TWO_OVER_PI, DOUBLE.magic)
    n = t - DOUBLE.magic
    if code.host.fma:
        r = code.fma(n, -PIO2[0], x)  # exact: x and n * PIO2[0] nearly cancel
        first_lo = None
    else:
        p, first_lo = two_prod(code, n, code.const(F64, PIO2[0], x.width))
        r = x - p
    p, p_lo = two_prod(code, n, code.const(F64, PIO2[1], x.width))
    if first_lo is not None:
        p, extra = two_sum(p, first_lo)
        p_lo = p_lo + extra
    r, r_lo = two_sum(r, -p)
    r_lo = r_lo - p_lo - n * PIO2[2]
    high = r + r_lo
    return reduce_large(code, x, (t.bits(), high, r_lo - (high - r)))


def _reduce_single(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """_reduce of an F32: all products but the last are exact in doubles, with and without fma."""
    wide = x.cast("fpext", F64)
    t = code.fma(wide, TWO_OVER_PI, DOUBLE.magic)
    n = t - DOUBLE.magic
    r = wide
    for piece in SHORT_PIO2:
        r = code.fma(n, -piece, r)
    q, r, _ = reduce_large(code, wide, (t.bits(), r, code.const(F64, 0.0, x.width)))
    high = r.cast("fptrunc", F32)
    return q.cast("trunc", I32), high, (r - high.cast("fpext", F64)).cast("fptrunc", F32)


def _sin_cos(code: Code, r: Value, r_lo: Value) -> tuple[Value, Value]:
    """sin and cos of r + r_lo, |r| <= pi/4."""
    (s, _), (c, _) = _sin_cos_parts(code, r, r_lo)
    return s, c


def _sin_cos_parts(
    code: Code, r: Value, r_lo: Value
) -> tuple[tuple[Value, Value], tuple[Value, Value]]:
    """sin and cos of r + r_lo, |r| <= pi/4, and what each lost in its last addition."""
    f, z = format_of(r), r * r
    ds = code.fma(z * r, code.poly(z, f.sin), r_lo - 0.5 * (z * r_lo))
    half = 0.5 * z
    w = 1.0 - half
    rest = (1.0 - w) - half
    dc = rest + code.fma(z * z, code.poly(z, f.cos), -(r * r_lo))
    return fast_two_sum(r, ds), fast_two_sum(w, dc)


def _by_quadrant(code: Code, q: Value, s: Value, c: Value) -> Value:
    """The sine of an angle of quadrant q (mod 4) past the one with sine s and cosine c."""
    swap = (q & 1).ne(0)
    top = 31 if q.elem == I32 else 63
    sign = (q << (top - 1)) & -(1 << top)
    return (code.select(swap, c, s).bits() ^ sign).as_float()


def sin(code: Code, x: Value) -> Value:
    """Sine. Error < 0.9 ulp."""
    q, r, r_lo = _reduce(code, x)
    s, c = _sin_cos(code, r, r_lo)
    y = _by_quadrant(code, q, s, c)
    return code.select(code.fabs(x) < format_of(x).tiny, x, y)  # keeps -0


def cos(code: Code, x: Value) -> Value:
    """Cosine. Error < 0.9 ulp."""
    q, r, r_lo = _reduce(code, x)
    s, c = _sin_cos(code, r, r_lo)
    return _by_quadrant(code, q + 1, s, c)


def tan(code: Code, x: Value) -> Value:
    """Tangent. Error < 1.5 ulp."""
    q, r, r_lo = _reduce(code, x)
    (s, s_lo), (c, c_lo) = _sin_cos_parts(code, r, r_lo)
    swap = (q & 1).ne(0)
    above, above_lo = code.select(swap, -c, s), code.select(swap, -c_lo, s_lo)
    below, below_lo = code.select(swap, s, c), code.select(swap, s_lo, c_lo)
    y = above / below
    # to first order in what was lost; 1 / below is below (1 + y^2), since above^2 + below^2 = 1
    y = code.fma(code.fma(-y, below_lo, above_lo), below * code.fma(y, y, 1.0), y)
    return code.select(code.fabs(x) < format_of(x).tiny, x, y)


def arctan(code: Code, x: Value) -> Value:
    """Inverse tangent. Error < 1.8 ulp."""
    f, a = format_of(x), code.fabs(x)
    pi_hi, pi_lo = f.pi
    far, middle = a > 2.414213562373095, a > 0.41421356237309503
    numerator = code.select(far, -1.0, code.select(middle, a - 1.0, a))
    denominator = code.select(far, a, code.select(middle, a + 1.0, 1.0))
    t = numerator / denominator
    zero = code.const(x.elem, 0.0, x.width)
    base = code.select(far, pi_hi / 2, code.select(middle, pi_hi / 4, zero))
    base_lo = code.select(far, pi_lo / 2, code.select(middle, pi_lo / 4, zero))
    z = t * t
    y = base + (t + code.fma(z * t, code.poly(z, f.arctan), base_lo))
    return code.copysign(y, x)


def _arcsin_parts(code: Code, x: Value) -> tuple[Value, Value, Value, Value]:
    """(far, s, s_lo, w): arcsin t = s + s_lo + w where t = |x|, or sqrt((1 - |x|)/2) if far."""
    a = code.fabs(x)
    far = a > 0.5
    half = (1.0 - a) * 0.5
    z = code.select(far, half, a * a)
    root = code.sqrt(half)
    s = code.select(far, root, a)
    square, square_lo = two_prod(code, s, s)
    error = (z - square) - square_lo
    s_lo = code.select(far & (s > 0.0), error / (s + s), 0.0)
    return far, s, s_lo, s * (z * code.poly(z, format_of(x).arcsin))


def arcsin(code: Code, x: Value) -> Value:
    """Inverse sine; nan for |x| > 1. Error < 1.2 ulp."""
    pi_hi, pi_lo = format_of(x).pi
    far, s, s_lo, w = _arcsin_parts(code, x)
    y = code.select(far, pi_hi / 2 - (2.0 * s - (pi_lo / 2 - 2.0 * (s_lo + w))), s + w)
    return code.copysign(y, x)


def arccos(code: Code, x: Value) -> Value:
    """Inverse cosine; nan for |x| > 1. Error < 0.8 ulp."""
    pi_hi, pi_lo = format_of(x).pi
    far, s, s_lo, w = _arcsin_parts(code, x)
    w = w + s_lo
    near = pi_hi / 2 - (code.copysign(s, x) - (pi_lo / 2 - code.copysign(w, x)))
    edge = 2.0 * (s + w)
    edge = code.select(x < 0.0, pi_hi - (2.0 * s - (pi_lo - 2.0 * w)), edge)
    y = code.select(far, edge, near)
    return code.select(code.fabs(x) > 1.0, nan, y)


# ------------------------------------------------------------------ for random numbers
def cos_sin_turns(code: Code, turn: Value) -> tuple[Value, Value]:
    """(cos, sin) of 2 pi turn, for 0 <= turn <= 1/2: errors as small as those of numbers near 1.

    Of a = pi/4 - pi turn, which lies between -pi/4 and pi/4: the cosine is sin 2a = 2 sin a cos a,
    the sine cos 2a = 1 - 2 sin^2 a.
    """
    f = format_of(turn)
    a = code.fma(turn, -f.pi[0], f.pi[0] / 4)
    z = a * a
    s = code.fma(z * a, code.horner(z, f.sin), a)
    c = code.horner(z, (1.0, -0.5, *f.cos))
    twice = s + s
    return twice * c, code.fma(-twice, s, 1.0)
