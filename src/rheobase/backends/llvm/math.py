"""Exponentials, logarithms and powers, as branch-free code on scalars and vectors.

Every function is straight-line code, so that it can stand inside a loop over vectors; its special
cases are selections. Each works on the whole range: overflow gives inf, results below the normal
range are rounded into the denormal one, nan stays nan.

The code is the same for F64 and F32, with the constants of formats.py; single precision of log10
and pow is computed with doubles. The stated errors, in units of the last place of the format, were
measured against mpmath on 280,000 arguments each (`python -m tests.fuzz.functions`).
"""

from __future__ import annotations

from math import inf, nan

from rheobase.backends.llvm.formats import DOUBLE, format_of
from rheobase.backends.llvm.text import F32, F64, I64, Code, Value

__all__ = [
    "cosh",
    "exp",
    "expm1",
    "exprel",
    "inverse_exprel",
    "log",
    "log1p",
    "log10",
    "minus_two_log",
    "pow",
    "sinh",
    "tanh",
]

LOG2E = 1.4426950408889634
LN2 = 0.6931471805599453
UNIT = 20  # exprel counts e^x in units of 2^20
_SCALED = {(F64, 8): ("pd", "i8"), (F32, 16): ("ps", "i16")}  # what vscalef takes
IVLN10_HI, IVLN10_LO = 0.4342944819032518, 1.098319650216765e-17

# of doubles: the polynomial of log less 2/3, divided by its variable
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
    """a * b without error, as high and low part; below 2^-27 of the range without fma."""
    p = a * b
    if code.host.fma:
        return p, code.fma(a, b, -p)
    a_hi, a_lo = _halves(a)
    b_hi, b_lo = _halves(b)
    return p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo


def _halves(a: Value) -> tuple[Value, Value]:
    """a as the sum of two numbers of half as many digits (Veltkamp)."""
    t = a * format_of(a).splitter
    hi = t - (t - a)
    return hi, a - hi


def clamp(code: Code, x: Value, low: float, high: float) -> Value:
    """x within [low, high]; nan stays nan."""
    x = code.select(x > high, high, x)
    return code.select(x < low, low, x)


def power_of_two(t: Value, more: int = 0) -> Value:
    """2^(n + more) from t = n + magic; the exponent is one of a normal number, or one more: inf."""
    f = format_of(t)
    return ((t.bits() + (f.bias + more)) << f.digits).as_float()


# ------------------------------------------------------------------ exponentials
def _reduce_exp(code: Code, x: Value) -> tuple[Value, Value]:
    """(n, r): x = n ln 2 + r, |r| <= ln(2)/2, for |x| up to twice the range of exp."""
    f = format_of(x)
    n = code.fma(x, LOG2E, f.magic) - f.magic
    r = code.fma(n, -f.ln2[1], code.fma(n, -f.ln2[0], x))
    return n, r


def _exp_reduced(code: Code, r: Value) -> Value:
    """e^r for |r| <= ln(2)/2."""
    return code.fma(r * r, code.poly(r, format_of(r).exp), r) + 1.0


def _scale(code: Code, p: Value, n: Value) -> Value:
    """p 2^n, rounded once. In two steps, so that neither leaves the range before the result does,
    where the processor has no instruction for it."""
    if code.host.scale and (p.elem, p.width) in _SCALED:
        return _scale_512(code, p, n)
    magic = format_of(n).magic
    half = code.fma(n, 0.5, magic)
    rest = (n - (half - magic)) + magic
    return p * power_of_two(half) * power_of_two(rest)


def _scale_512(code: Code, p: Value, n: Value) -> Value:
    """The same in one instruction of AVX-512."""
    suffix, mask = _SCALED[p.elem, p.width]
    name = f"llvm.x86.avx512.mask.scalef.{suffix}.512"
    code.declared.add(f"declare {p.type} @{name}({p.type}, {p.type}, {p.type}, {mask}, i32)")
    return code.let(p.elem, p.width, f"call {p.type} @{name}({p}, {n}, {p}, {mask} -1, i32 4)")


def exp(code: Code, x: Value) -> Value:
    """e^x. Error < 1.1 ulp (also of denormal results)."""
    n, r = _reduce_exp(code, clamp(code, x, *format_of(x).exp_range))
    return _scale(code, _exp_reduced(code, r), n)


def _expm1_parts(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(n + magic, r, w): e^x = 2^n (1 + r + w), |r| <= ln(2)/2, |w| below r^2."""
    f = format_of(x)
    t = code.fma(x, LOG2E, f.magic)
    n = t - f.magic
    high = code.fma(n, -f.ln2[0], x)  # exact
    r = code.fma(n, -f.ln2[1], high)
    r_lo = code.fma(n, -f.ln2[1], high - r)
    return t, r, code.fma(r * r, code.poly(r, f.exp), code.fma(r_lo, r, r_lo))


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
    f = format_of(x)
    t, r, w = _expm1_parts(code, clamp(code, x, f.expm1_low, f.exp_range[1]))
    y, _ = _scaled_expm1(code, power_of_two(t - 1.0), 0.5, r, w)  # half: 2^n may be inf
    y = code.select(t.eq(f.magic), r + w, y + y)
    return code.copysign(y, x)


def exprel(code: Code, x: Value) -> Value:
    """(e^x - 1) / x, 1 at 0; finite also a little beyond where e^x is not. Error < 1.8 ulp."""
    above, below = _exprel_parts(code, x)
    return code.select(code.fabs(x) < format_of(x).half_ulp, 1.0, above / below)


def inverse_exprel(code: Code, x: Value) -> Value:
    """x / (e^x - 1), 1 at 0: for y / exprel(x), which is one division then. Error < 1.8 ulp where
    exprel(x) is finite."""
    above, below = _exprel_parts(code, x)
    return code.select(code.fabs(x) < format_of(x).half_ulp, 1.0, below / above)


def _exprel_parts(code: Code, x: Value) -> tuple[Value, Value]:
    """e^x - 1 and x in units of 2^UNIT; their quotient counts where |x| is not tiny."""
    f = format_of(x)
    unit = 2.0**-UNIT  # keeps e^x within the range; a power of two changes no digit
    below = code.select(x > f.exprel_high, f.exprel_high, x)  # there, the result is inf
    t, r, w = _expm1_parts(code, code.select(below < f.expm1_low, f.expm1_low, below))
    y, _ = _scaled_expm1(code, power_of_two(t, -UNIT), unit, r, w)
    return y, below * unit


def tanh(code: Code, x: Value) -> Value:
    """Hyperbolic tangent. Error < 1.5 ulp."""
    a = code.fabs(x)
    t, r, w = _expm1_parts(code, clamp(code, a + a, 0.0, format_of(x).tanh_high))
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
    f = format_of(x)
    a = clamp(code, code.fabs(x), 0.0, f.sinh_high)
    t, r, w = _expm1_parts(code, a)
    q, q_lo = _scaled_expm1(code, power_of_two(t - 2.0), 0.25, r, w)  # (e^a - 1) / 4
    above = q + 0.25
    above_lo = (q - (above - 0.25)) + q_lo
    z = q / above  # 1 - e^-a; 1 / above is 4 - 4 z
    z_lo = code.fma(-z, above_lo, q_lo) * code.fma(z, -4.0, 4.0)
    y, y_lo = fast_two_sum(q, 0.25 * z)
    y = y + (y_lo + code.fma(z_lo, 0.25, q_lo))
    y = code.select(a < f.sinh_low, a, y + y)
    return code.copysign(y, x)


def cosh(code: Code, x: Value) -> Value:
    """Hyperbolic cosine. Error < 1.3 ulp."""
    a = clamp(code, code.fabs(x), 0.0, format_of(x).sinh_high)
    t, r, w = _expm1_parts(code, a)
    s = power_of_two(t - 2.0)
    q = code.fma(s, r + w, s)  # e^a / 4
    y = q + 0.0625 / q
    return y + y


# ------------------------------------------------------------------ logarithms
def _split(code: Code, x: Value) -> tuple[Value, Value]:
    """(e, m): x = 2^e m, 1/sqrt(2) <= m < sqrt(2), for x > 0, denormal numbers included."""
    f = format_of(x)
    tiny, lift = x < f.smallest_normal, f.digits + 2.0
    e, m = _split_normal(code.select(tiny, x * 2.0**lift, x))
    return e - code.select(tiny, lift, code.const(x.elem, 0.0, x.width)), m


def _split_normal(x: Value) -> tuple[Value, Value]:
    """The same for a normal number."""
    f, bits = format_of(x), x.bits()
    raised = (bits + ((f.bias << f.digits) - f.root_half)) >> f.digits
    # a small integer becomes a float by writing it into the fraction of 2^digits
    unit = 2.0**f.digits
    e = (raised | (f.bias + f.digits) << f.digits).as_float() - (unit + f.bias)
    m = (bits - ((raised - f.bias) << f.digits)).as_float()
    return e, m


def _log_domain(code: Code, x: Value, y: Value) -> Value:
    """y = log(x), corrected where x is not a positive finite number."""
    y = code.select(x < inf, y, x)  # inf and nan
    y = code.select(x.eq(0.0), -inf, y)
    return code.select(x < 0.0, nan, y)


def _log_parts(code: Code, x: Value) -> tuple[Value, Value, Value]:
    """(e, f, w): log x = e ln 2 + f + w, |w| much below |f|."""
    e, m = _split(code, x)
    return e, *_log_of_part(code, m)


def _log_of_part(code: Code, m: Value) -> tuple[Value, Value]:
    """(f, w): log m = f + w, for 1/sqrt(2) <= m < sqrt(2)."""
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    half_square = f * f * 0.5
    w = s * code.fma(code.poly(z, format_of(m).log), z, half_square) - half_square
    return f, w


def log(code: Code, x: Value) -> Value:
    """Natural logarithm. Error < 0.9 ulp."""
    ln2_hi, ln2_lo = format_of(x).ln2
    e, f, w = _log_parts(code, x)
    y = code.fma(e, ln2_hi, f + code.fma(e, ln2_lo, w))
    return _log_domain(code, x, y)


def minus_two_log(code: Code, x: Value) -> Value:
    """-2 log x, for 2^-60 < x <= 1: the squared radius of two normal deviates. Error < 2 ulp."""
    e, m = _split_normal(x)
    s = (m - 1.0) / (m + 1.0)
    series = code.poly(s * s, (-4.0, *(-2.0 * c for c in format_of(x).log)))
    return code.fma(s, series, e * (-2.0 * LN2))


def log1p(code: Code, x: Value) -> Value:
    """log(1 + x), accurate near 0. Error < 0.9 ulp."""
    ln2_hi, ln2_lo = format_of(x).ln2
    u, lost = two_sum(x, code.const(x.elem, 1.0, x.width))
    e, f, w = _log_parts(code, u)
    y = code.fma(e, ln2_hi, f + (code.fma(e, ln2_lo, w) + lost / u))
    y = code.select(code.fabs(x) < format_of(x).half_ulp, x, y)
    return _log_domain(code, u, y)


def _log_twice(code: Code, x: Value) -> tuple[Value, Value]:
    """log x of a double as high and low part, relative error below 2^-65, for 0 < x < inf."""
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
    h, h_lo = two_sum(e * DOUBLE.ln2[0], y)
    h_lo = h_lo + code.fma(e, DOUBLE.ln2[1], y_lo)
    return fast_two_sum(h, h_lo)


def log10(code: Code, x: Value) -> Value:
    """Decimal logarithm. Error < 0.6 ulp."""
    if x.elem == F32:
        return (log(code, x.cast("fpext", F64)) * IVLN10_HI).cast("fptrunc", F32)
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
    if x.elem == F32:
        return _pow_of_singles(code, x.cast("fpext", F64), y.cast("fpext", F64))
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
    n, r = _reduce_exp(code, clamp(code, p, -800.0, 800.0))
    return _signed_power(code, x, y, _scale(code, _exp_reduced(code, r + p_lo), n))


def _pow_of_singles(code: Code, x: Value, y: Value) -> Value:
    """pow of singles, widened: a logarithm with the digits of a double is enough."""
    p = clamp(code, y * log(code, code.fabs(x)), -800.0, 800.0)
    n, r = _reduce_exp(code, p)
    return _signed_power(code, x, y, _scale(code, _exp_reduced(code, r), n)).cast("fptrunc", F32)


def _signed_power(code: Code, x: Value, y: Value, size: Value) -> Value:
    """x ** y from its size: the sign, and what is defined to be 1 or nan."""
    floor = code.floor(y)
    half = y * 0.5
    odd = floor.eq(y) & code.floor(half).ne(half)
    negative = (x.bits() & code.const(I64, -(2**63), x.width)).ne(0)
    result = code.select(negative & odd, -size, size)
    a = code.fabs(x)
    result = code.select((x < 0.0) & floor.ne(y) & (a < inf), nan, result)
    return code.select(x.eq(1.0) | y.eq(0.0) | (a.eq(1.0) & code.fabs(y).eq(inf)), 1.0, result)
