"""Exponentials, logarithms and powers, as branch-free code on F64 scalars and vectors.

Every function is straight-line code, so that it can stand inside a loop over vectors; its special
cases are selections. Each works on the whole range: overflow gives inf, results below the normal
range are rounded into the denormal one, nan stays nan. The stated errors were measured against
mpmath on 280,000 arguments each (`python -m tests.fuzz.functions` measures anew).

Coefficients: interpolation at Chebyshev nodes with 300 bits (mpmath); the logarithm of the relative
error of the approximation is below -56 binary digits in every case.
"""

from __future__ import annotations

from math import inf, nan

from rheobase.backends.llvm.text import F64, I64, Code, Value

__all__ = ["cosh", "exp", "expm1", "exprel", "log", "log1p", "log10", "pow", "sinh", "tanh"]

MAGIC = 1.5 * 2.0**52  # adding it rounds to an integer, which then stands in the low bits
LOG2E = 1.4426950408889634
PIO2 = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)  # pi/2
LN2_HI, LN2_LO = 0.6931471805598903, 5.497923018708371e-14  # HI has 11 trailing zero bits
IVLN10_HI, IVLN10_LO = 0.4342944819032518, 1.098319650216765e-17
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
ONE_BITS = 0x3FF0000000000000

# (exp(r) - 1 - r) / r^2 on |r| <= ln(2)/2
EXP = (
    0.5, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062, 0.0013888888917213717,
    0.00019841269863053618, 2.4801521295954376e-05, 2.7557268459997064e-06, 2.7620088445409746e-07,
    2.510038549551032e-08,
)  # fmt: skip
# (log((1 + s) / (1 - s)) - 2 s) / s^3 in z = s^2, for 1/sqrt(2) <= (1 + s) / (1 - s) <= sqrt(2)
LOG = (
    0.666666666666667, 0.39999999999899444, 0.2857142862600327, 0.22222211130259878,
    0.18182889455674947, 0.15331710618210773, 0.14616585424888623,
)  # fmt: skip
# the same less 2/3, divided by z
LOG_TAIL = (
    0.4, 0.28571428571429364, 0.22222222221655885, 0.18181818335392802, 0.1538459496251843,
    0.1333480469384731, 0.11706236339491206, 0.11723178623876518,
)  # fmt: skip
TWO_THIRDS_HI, TWO_THIRDS_LO = 0.6666666666666666, 3.700743415417188e-17


# ------------------------------------------------------------------ exact steps
def two_sum(a: Value, b: Value) -> tuple[Value, Value]:
    """a + b without error, as high and low part (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def fast_two_sum(a: Value, b: Value) -> tuple[Value, Value]:
    """two_sum for |a| >= |b| or a = 0 (Dekker)."""
    s = a + b
    return s, b - (s - a)


def two_prod(code: Code, a: Value, b: Value) -> tuple[Value, Value]:
    """a * b without error, as high and low part. |a|, |b| < 2^996 on processors without fma."""
    p = a * b
    if code.host.fma:
        return p, code.fma(a, b, -p)
    a_hi, a_lo = _halves(a)
    b_hi, b_lo = _halves(b)
    return p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo


def _halves(a: Value) -> tuple[Value, Value]:
    """a as the sum of two numbers of 26 bits (Veltkamp)."""
    t = a * 134217729.0
    hi = t - (t - a)
    return hi, a - hi


def clamp(code: Code, x: Value, low: float, high: float) -> Value:
    """x within [low, high]; nan stays nan."""
    x = code.select(x > high, high, x)
    return code.select(x < low, low, x)


def power_of_two(t: Value) -> Value:
    """2^n from t = n + MAGIC; -1022 <= n <= 1023, and n = 1024 gives inf."""
    return ((t.bits() + 1023) << 52).as_double()


# ------------------------------------------------------------------ exponentials
def _reduce_exp(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(n + MAGIC, n, r): x = n ln 2 + r, |r| <= ln(2)/2, for |x| < 1500."""
    t = code.fma(x, LOG2E, MAGIC)
    n = t - MAGIC
    r = code.fma(n, -LN2_LO, code.fma(n, -LN2_HI, x))
    return t, n, r


def _scale(code: Code, p: Value, n: Value) -> Value:
    """p 2^n in two steps, so that neither leaves the range before the result does."""
    half = code.fma(n, 0.5, MAGIC)
    rest = (n - (half - MAGIC)) + MAGIC
    return p * power_of_two(half) * power_of_two(rest)


def exp(code: Code, x: Value) -> Value:
    """e^x. Error < 1.1 ulp (also of denormal results)."""
    x = clamp(code, x, -746.0, 710.0)
    _, n, r = _reduce_exp(code, x)
    p = code.fma(r * r, code.poly(r, EXP), r) + 1.0
    return _scale(code, p, n)


def _expm1_parts(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(n + MAGIC, r, w): e^x = 2^n (1 + r + w), |r| <= ln(2)/2, |w| below r^2."""
    t = code.fma(x, LOG2E, MAGIC)
    n = t - MAGIC
    high = code.fma(n, -LN2_HI, x)  # exact
    r = code.fma(n, -LN2_LO, high)
    r_lo = code.fma(n, -LN2_LO, high - r)
    return t, r, code.fma(r * r, code.poly(r, EXP), code.fma(r_lo, r, r_lo))


def _scaled_expm1(
    code: Code, s: Value, one: Value | float, r: Value, w: Value
) -> tuple[Value, Value]:
    """one (2^n (1 + r + w) - 1) as high and low part, from s = one 2^n.

    `one` is a power of two, which keeps a large result within the range.
    """
    rest = s - one
    high = code.fma(s, r, rest)  # s r is exact, |rest| >= |s r| unless rest = 0
    return fast_two_sum(high, code.fma(s, w, code.fma(s, r, rest - high)))


def expm1(code: Code, x: Value) -> Value:
    """e^x - 1, accurate near 0. Error < 1.4 ulp."""
    t, r, w = _expm1_parts(code, clamp(code, x, -50.0, 710.0))
    y, _ = _scaled_expm1(code, power_of_two(t - 1.0), 0.5, r, w)  # 2^1024 would be inf
    y = code.select(t.eq(MAGIC), r + w, y + y)
    return code.copysign(y, x)


def exprel(code: Code, x: Value) -> Value:
    """(e^x - 1) / x, 1 at 0; finite up to x = 716.35, where e^x is not. Error < 1.8 ulp."""
    t, r, w = _expm1_parts(code, clamp(code, x, -50.0, 720.0))
    large = x > 700.0
    back = code.select(large, 2.0**20, code.const(F64, 1.0, x.width))
    one = code.select(large, 2.0**-20, code.const(F64, 1.0, x.width))
    y, _ = _scaled_expm1(code, power_of_two(code.select(large, t - 20.0, t)), one, r, w)
    y = code.select(t.eq(MAGIC), r + w, y) / x * back
    return code.select(x.eq(0.0), 1.0, code.select(x > 717.0, inf, y))


def tanh(code: Code, x: Value) -> Value:
    """Hyperbolic tangent. Error < 1.5 ulp."""
    a = code.fabs(x)
    t, r, w = _expm1_parts(code, clamp(code, a + a, 0.0, 50.0))
    below, below_lo = _scaled_expm1(code, power_of_two(t), 1.0, r, w)  # e^2a - 1
    large = a > 0.55  # there tanh a = 1 - 2 / (e^2a + 1) > 1/2
    above = below + 2.0
    above_lo = (below - (above - 2.0)) + below_lo
    y = code.select(large, -2.0, below) / above
    # else below / above, to first order in what was lost; 1 / above is (1 - y) / 2
    small = code.fma(code.fma(-y, above_lo, below_lo), code.fma(y, -0.5, 0.5), y)
    return code.copysign(code.select(large, 1.0 + y, small), x)


def sinh(code: Code, x: Value) -> Value:
    """Hyperbolic sine. Error < 1.4 ulp."""
    a = clamp(code, code.fabs(x), 0.0, 710.5)
    t, r, w = _expm1_parts(code, a)
    q, q_lo = _scaled_expm1(code, power_of_two(t - 2.0), 0.25, r, w)  # (e^a - 1) / 4
    above = q + 0.25
    above_lo = (q - (above - 0.25)) + q_lo
    z = q / above  # 1 - e^-a; 1 / above is 4 - 4 z
    z_lo = code.fma(-z, above_lo, q_lo) * code.fma(z, -4.0, 4.0)
    y, y_lo = fast_two_sum(q, 0.25 * z)
    y = y + (y_lo + code.fma(z_lo, 0.25, q_lo))
    y = code.select(a < 2.0**-28, a, y + y)
    return code.copysign(y, x)


def cosh(code: Code, x: Value) -> Value:
    """Hyperbolic cosine. Error < 1.3 ulp."""
    a = clamp(code, code.fabs(x), 0.0, 710.5)
    t, r, w = _expm1_parts(code, a)
    s = power_of_two(t - 2.0)
    q = code.fma(s, r + w, s)  # e^a / 4
    y = q + 0.0625 / q
    return y + y


# ------------------------------------------------------------------ logarithms
def _split(code: Code, x: Value) -> tuple[Value, Value]:
    """(e, m): x = 2^e m, 1/sqrt(2) <= m < sqrt(2), for x > 0, denormal numbers included."""
    tiny = x < 2.0**-1022
    bits = code.select(tiny, x * 2.0**54, x).bits()
    raised = (bits + (ONE_BITS - SQRT_HALF_BITS)) >> 52
    # an integer below 2^52 becomes a double by writing it into the bits of 2^52
    e = (raised | 0x4330000000000000).as_double()
    e = e - code.select(tiny, 2.0**52 + 1023 + 54, code.const(F64, 2.0**52 + 1023, x.width))
    m = (bits - ((raised - 1023) << 52)).as_double()
    return e, m


def _log_domain(code: Code, x: Value, y: Value) -> Value:
    """y = log(x), corrected where x is not a positive finite number."""
    y = code.select(x < inf, y, x)  # inf and nan
    y = code.select(x.eq(0.0), -inf, y)
    return code.select(x < 0.0, nan, y)


def _log_parts(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(e, f, w): log x = e ln 2 + f + w, |w| much below |f|."""
    e, m = _split(code, x)
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    half_square = f * f * 0.5
    w = s * code.fma(code.poly(z, LOG), z, half_square) - half_square
    return e, f, w


def log(code: Code, x: Value) -> Value:
    """Natural logarithm. Error < 0.9 ulp."""
    e, f, w = _log_parts(code, x)
    y = code.fma(e, LN2_HI, f + code.fma(e, LN2_LO, w))
    return _log_domain(code, x, y)


def log1p(code: Code, x: Value) -> Value:
    """log(1 + x), accurate near 0. Error < 0.9 ulp."""
    u, lost = two_sum(x, code.const(F64, 1.0, x.width))
    e, f, w = _log_parts(code, u)
    y = code.fma(e, LN2_HI, f + (code.fma(e, LN2_LO, w) + lost / u))
    y = code.select(code.fabs(x) < 2.0**-53, x, y)
    return _log_domain(code, u, y)


def _log_twice(code: Code, x: Value) -> tuple[Value, Value]:
    """log x as high and low part, relative error below 2^-65, for 0 < x < inf."""
    e, m = _split(code, x)
    f = m - 1.0
    g, g_lo = fast_two_sum(code.const(F64, 2.0, x.width), f)
    inverse = 1.0 / g
    s = f * inverse
    p, p_lo = two_prod(code, s, g)
    s_lo = (((f - p) - p_lo) - s * g_lo) * inverse  # s + s_lo = f / (2 + f)
    s, s_lo = fast_two_sum(s, s_lo)
    z, z_lo = two_prod(code, s, s)
    z_lo = code.fma(s + s, s_lo, z_lo)
    tail = code.fma(z, code.poly(z, LOG_TAIL), TWO_THIRDS_LO)
    c, c_lo = fast_two_sum(code.const(F64, TWO_THIRDS_HI, x.width), tail)
    zs, zs_lo = two_prod(code, z, s)
    zs_lo = code.fma(z, s_lo, code.fma(z_lo, s, zs_lo))
    w, w_lo = two_prod(code, zs, c)
    w_lo = code.fma(zs, c_lo, code.fma(zs_lo, c, w_lo))
    y, y_lo = fast_two_sum(s + s, w)
    y_lo = y_lo + (code.fma(s_lo, 2.0, w_lo))
    y, y_lo = fast_two_sum(y, y_lo)
    h, h_lo = two_sum(e * LN2_HI, y)
    h_lo = h_lo + code.fma(e, LN2_LO, y_lo)
    return fast_two_sum(h, h_lo)


def log10(code: Code, x: Value) -> Value:
    """Decimal logarithm. Error < 0.6 ulp."""
    h, h_lo = _log_twice(code, x)
    p, p_lo = two_prod(code, h, code.const(F64, IVLN10_HI, x.width))
    y = p + code.fma(h, IVLN10_LO, code.fma(h_lo, IVLN10_HI, p_lo))
    return _log_domain(code, x, y)


# ------------------------------------------------------------------ powers
def pow(code: Code, x: Value, y: Value) -> Value:
    """x ** y as C and NumPy define it. Error < 1.3 ulp.

    x ** 0 = 1 and 1 ** y = 1 for every x and y, nan included; a negative x has a power if y is an
    integer (nan otherwise), negative if y is odd.
    """
    a = code.fabs(x)
    ordinary = (a > 0.0) & (a < inf)
    h, h_lo = _log_twice(code, a)
    edge = code.select(a.eq(0.0), -inf, a)  # log of 0, inf and nan
    h = code.select(ordinary, h, edge)
    h_lo = code.select(ordinary, h_lo, 0.0)
    # a huge y would make inf - inf; 2^20 already takes every base but 1 to where it goes
    p = y * h
    far = code.fabs(p) > 800.0
    _, p_lo = two_prod(code, code.select(far, 0.0, y), code.select(far, 0.0, h))
    p_lo = code.select(far, 0.0, code.fma(y, h_lo, p_lo))
    p = clamp(code, p, -800.0, 800.0)
    _, n, r = _reduce_exp(code, p)
    r = r + p_lo
    size = _scale(code, code.fma(r * r, code.poly(r, EXP), r) + 1.0, n)

    floor = code.floor(y)
    half = y * 0.5
    odd = floor.eq(y) & code.floor(half).ne(half)
    negative = (x.bits() & code.const(I64, -(2**63), x.width)).ne(0)
    result = code.select(negative & odd, -size, size)
    result = code.select((x < 0.0) & floor.ne(y) & (a < inf), nan, result)
    return code.select(x.eq(1.0) | y.eq(0.0) | (a.eq(1.0) & code.fabs(y).eq(inf)), 1.0, result)
