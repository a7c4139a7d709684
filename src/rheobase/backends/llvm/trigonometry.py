"""Trigonometric functions as branch-free code on F64 scalars and vectors; see math.py.

Arguments below 2^28 are reduced by a multiple of pi/2 with 160 bits; a larger one in a vector is
recognised by a branch, and goes through angles.py.
"""

from __future__ import annotations

from math import nan

from rheobase.backends.llvm.angles import reduce_large
from rheobase.backends.llvm.math import MAGIC, PIO2, fast_two_sum, two_prod, two_sum
from rheobase.backends.llvm.text import F64, Code, Value

__all__ = ["arccos", "arcsin", "arctan", "cos", "sin", "sin_cos_turns", "tan"]

TWO_OVER_PI = 0.6366197723675814
PI_HI, PI_LO = 3.141592653589793, 1.2246467991473532e-16

# (sin r - r) / r^3 and (cos r - 1 + r^2/2) / r^4 in r^2, for |r| <= pi/4
SIN = (
    -0.16666666666666666, 0.008333333333330946, -0.0001984126983675497, 2.755731610068303e-06,
    -2.5051131455427946e-08, 1.591810123027412e-10,
)  # fmt: skip
COS = (
    0.041666666666666664, -0.0013888888888887395, 2.4801587298763433e-05, -2.7557317270560326e-07,
    2.0876146024689743e-09, -1.1382614868556195e-11,
)  # fmt: skip
# (arctan t - t) / t^3 in t^2, for |t| <= tan(pi/8)
ARCTAN = (
    -0.3333333333333333, 0.19999999999995516, -0.14285714284665682, 0.11111111015187018,
    -0.0909090457530649, 0.07692183125376892, -0.06664510525508936, 0.05858140904866328,
    -0.050854078345894844, 0.03923044778479309, -0.019175404711104932,
)  # fmt: skip
# (arcsin s - s) / s^3 in s^2, for |s| <= 1/2
ARCSIN = (
    0.16666666666666669, 0.07499999999998432, 0.04464285714635722, 0.030381944138386928,
    0.022372172948124706, 0.017352392575609256, 0.013971215203097548, 0.011479154971005417,
    0.010322964581482783, 0.005456844463293151, 0.017402725959689853, -0.014854837699421992,
    0.02875990974247162,
)  # fmt: skip


def _reduce(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(q, r, r_lo): x = q pi/2 + r + r_lo with |r| <= pi/4; the low bits of q are the quadrant."""
    t = code.fma(x, TWO_OVER_PI, MAGIC)
    n = t - MAGIC
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


def _sin_cos(code: Code, r: Value, r_lo: Value) -> tuple[Value, Value]:
    """sin and cos of r + r_lo, |r| <= pi/4."""
    (s, _), (c, _) = _sin_cos_parts(code, r, r_lo)
    return s, c


def _sin_cos_parts(
    code: Code, r: Value, r_lo: Value
) -> tuple[tuple[Value, Value], tuple[Value, Value]]:
    """sin and cos of r + r_lo, |r| <= pi/4, and what each lost in its last addition."""
    z = r * r
    ds = code.fma(z * r, code.poly(z, SIN), r_lo - 0.5 * (z * r_lo))
    half = 0.5 * z
    w = 1.0 - half
    rest = (1.0 - w) - half
    dc = rest + code.fma(z * z, code.poly(z, COS), -(r * r_lo))
    return fast_two_sum(r, ds), fast_two_sum(w, dc)


def _by_quadrant(code: Code, q: Value, s: Value, c: Value) -> Value:
    """The sine of an angle of quadrant q (mod 4) past the one with sine s and cosine c."""
    swap = (q & 1).ne(0)
    sign = (q & 2) << 62
    return (code.select(swap, c, s).bits() ^ sign).as_double()


def sin(code: Code, x: Value) -> Value:
    """Sine. Error < 0.9 ulp."""
    q, r, r_lo = _reduce(code, x)
    s, c = _sin_cos(code, r, r_lo)
    y = _by_quadrant(code, q, s, c)
    return code.select(code.fabs(x) < 1e-150, x, y)  # keeps -0


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
    return code.select(code.fabs(x) < 1e-150, x, y)


def arctan(code: Code, x: Value) -> Value:
    """Inverse tangent. Error < 1.7 ulp."""
    a = code.fabs(x)
    far, middle = a > 2.414213562373095, a > 0.41421356237309503
    numerator = code.select(far, -1.0, code.select(middle, a - 1.0, a))
    denominator = code.select(far, a, code.select(middle, a + 1.0, 1.0))
    t = numerator / denominator
    zero = code.const(F64, 0.0, x.width)
    base = code.select(far, PI_HI / 2, code.select(middle, PI_HI / 4, zero))
    base_lo = code.select(far, PI_LO / 2, code.select(middle, PI_LO / 4, zero))
    z = t * t
    y = base + (t + code.fma(z * t, code.poly(z, ARCTAN), base_lo))
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
    return far, s, s_lo, s * (z * code.poly(z, ARCSIN))


def arcsin(code: Code, x: Value) -> Value:
    """Inverse sine; nan for |x| > 1. Error < 1.2 ulp."""
    far, s, s_lo, w = _arcsin_parts(code, x)
    y = code.select(far, PI_HI / 2 - (2.0 * s - (PI_LO / 2 - 2.0 * (s_lo + w))), s + w)
    return code.copysign(y, x)


def arccos(code: Code, x: Value) -> Value:
    """Inverse cosine; nan for |x| > 1. Error < 0.8 ulp."""
    far, s, s_lo, w = _arcsin_parts(code, x)
    w = w + s_lo
    near = PI_HI / 2 - (code.copysign(s, x) - (PI_LO / 2 - code.copysign(w, x)))
    edge = 2.0 * (s + w)
    edge = code.select(x < 0.0, PI_HI - (2.0 * s - (PI_LO - 2.0 * w)), edge)
    y = code.select(far, edge, near)
    return code.select(code.fabs(x) > 1.0, nan, y)


# ------------------------------------------------------------------ for random numbers
def sin_cos_turns(code: Code, v: Value) -> tuple[Value, Value]:
    """(sin, cos) of 2 pi v, for 0 <= v <= 1."""
    t = code.fma(v, 4.0, MAGIC)
    r = (v - (t - MAGIC) * 0.25) * (2 * PI_HI)
    s, c = _sin_cos(code, r, code.const(F64, 0.0, v.width))
    q = t.bits()
    return _by_quadrant(code, q, s, c), _by_quadrant(code, q + 1, s, c)
