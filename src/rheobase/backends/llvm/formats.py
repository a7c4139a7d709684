"""The two formats of floating point numbers: what the functions of math.py and trigonometry.py
need to know of each.

Coefficients: interpolation at Chebyshev nodes with 300 bits (mpmath). The logarithm of the relative
error of the approximation is below -56 binary digits for doubles, and below -28 for singles.
"""

from __future__ import annotations

from rheobase.backends.llvm.text import F32, F64, I32, I64, Value
from rheobase.records import record

__all__ = ["DOUBLE", "SINGLE", "Format", "format_of"]

Coefficients = tuple[float, ...]


@record
class Format:
    """Constants of one format.

    integer        the type of its bits
    digits         bits of the fraction that are stored
    bias           of the exponent
    magic          adding it rounds to an integer, which then stands in the low bits
    splitter       2^k + 1, k half of the digits of a number (Veltkamp)
    ln2, pi        as the sum of two numbers; the first of ln2 times an exponent is exact
    root_half      the bits of sqrt(1/2)
    exp_range      beyond it exp is 0 or inf
    expm1_low      below it, expm1 is -1
    exprel_high    beyond it, exprel is inf
    tanh_high      from its half on, tanh is 1
    sinh_high      beyond it, sinh and cosh are inf
    sinh_low       below it, sinh x is x
    tiny           below it, sin x and tan x are x
    exp            (exp(r) - 1 - r) / r^2 on |r| <= ln(2)/2
    log            (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, for 1/sqrt(2) <= (1 + s) / (1 - s)
                   <= sqrt(2)
    sin, cos       (sin r - r) / r^3 and (cos r - 1 + r^2/2) / r^4 in r^2, for |r| <= pi/4
    arctan         (arctan t - t) / t^3 in t^2, for |t| <= tan(pi/8)
    arcsin         (arcsin s - s) / s^3 in s^2, for |s| <= 1/2
    """

    integer: str
    digits: int
    bias: int
    magic: float
    splitter: float
    ln2: tuple[float, float]
    pi: tuple[float, float]
    root_half: int
    exp_range: tuple[float, float]
    expm1_low: float
    exprel_high: float
    tanh_high: float
    sinh_high: float
    sinh_low: float
    tiny: float
    exp: Coefficients
    log: Coefficients
    sin: Coefficients
    cos: Coefficients
    arctan: Coefficients
    arcsin: Coefficients

    @property
    def smallest_normal(self) -> float:
        return 2.0 ** (1 - self.bias)

    @property
    def half_ulp(self) -> float:
        """Half the distance from 1 to the next number."""
        return 2.0 ** -(self.digits + 1)


DOUBLE = Format(
    integer=I64,
    digits=52,
    bias=1023,
    magic=1.5 * 2.0**52,
    splitter=2.0**27 + 1,
    ln2=(0.6931471805598903, 5.497923018708371e-14),
    pi=(3.141592653589793, 1.2246467991473532e-16),
    root_half=0x3FE6A09E667F3BCD,
    exp_range=(-746.0, 710.0),
    expm1_low=-50.0,
    exprel_high=719.0,
    tanh_high=50.0,
    sinh_high=710.5,
    sinh_low=2.0**-28,
    tiny=1e-150,
    exp=(
        0.5, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062,
        0.0013888888917213717, 0.00019841269863053618, 2.4801521295954376e-05,
        2.7557268459997064e-06, 2.7620088445409746e-07, 2.510038549551032e-08,
    ),
    log=(
        0.666666666666667, 0.39999999999899444, 0.2857142862600327, 0.22222211130259878,
        0.18182889455674947, 0.15331710618210773, 0.14616585424888623,
    ),
    sin=(
        -0.16666666666666666, 0.008333333333330946, -0.0001984126983675497,
        2.755731610068303e-06, -2.5051131455427946e-08, 1.591810123027412e-10,
    ),
    cos=(
        0.041666666666666664, -0.0013888888888887395, 2.4801587298763433e-05,
        -2.7557317270560326e-07, 2.0876146024689743e-09, -1.1382614868556195e-11,
    ),
    arctan=(
        -0.3333333333333333, 0.19999999999995516, -0.14285714284665682, 0.11111111015187018,
        -0.0909090457530649, 0.07692183125376892, -0.06664510525508936, 0.05858140904866328,
        -0.050854078345894844, 0.03923044778479309, -0.019175404711104932,
    ),
    arcsin=(
        0.16666666666666669, 0.07499999999998432, 0.04464285714635722, 0.030381944138386928,
        0.022372172948124706, 0.017352392575609256, 0.013971215203097548, 0.011479154971005417,
        0.010322964581482783, 0.005456844463293151, 0.017402725959689853, -0.014854837699421992,
        0.02875990974247162,
    ),
)  # fmt: skip
SINGLE = Format(
    integer=I32,
    digits=23,
    bias=127,
    magic=1.5 * 2.0**23,
    splitter=2.0**12 + 1,
    ln2=(0.693145751953125, 1.428606765330187e-06),
    pi=(3.1415927410125732, -8.742277657347586e-08),
    root_half=0x3F3504F3,
    exp_range=(-104.0, 89.0),
    expm1_low=-20.0,
    exprel_high=96.0,
    tanh_high=20.0,
    sinh_high=89.5,
    sinh_low=2.0**-13,
    tiny=1e-15,
    exp=(0.5, 0.16666667, 0.041666456, 0.0083333105, 0.0013934541, 0.0001989198),
    log=(0.66666687, 0.3998855, 0.29590318),
    sin=(-0.16666667, 0.008333332, -0.00019840064, 2.724687e-06),
    cos=(0.041666664, -0.0013888291, 2.454542e-05),
    arctan=(-0.3333333, 0.19999523, -0.14263366, 0.10737397, -0.06431039),
    arcsin=(0.16666666, 0.075001, 0.0445973, 0.031127669, 0.017009905, 0.03393896),
)
_FORMATS = {F64: DOUBLE, F32: SINGLE}


def format_of(x: Value) -> Format:
    return _FORMATS[x.elem]
