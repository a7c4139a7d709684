"""Large angles, reduced by multiples of pi/2 in integer arithmetic (Payne & Hanek 1983).

Doubles may be as large as 2^1024, but sin and cos depend on them modulo 2 pi: 1200 bits of 2/pi
are needed. For x = m 2^e with an integer m only 256 of them matter: those of greater weight give
multiples of 4 in x 2/pi, those of less do not reach the result.

This is a call, not part of a loop: angles beyond LARGE are rare.
"""

from __future__ import annotations

from rheobase.backends.llvm.math import fast_two_sum, two_prod, two_sum
from rheobase.backends.llvm.text import F64, I8, I64, PTR, Code, Host, Needed, Value, Var

__all__ = ["LARGE", "PIO2", "SYMBOL", "reduce_large", "write_reduction"]

LARGE = 2.0**28
PIO2 = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)  # pi/2
SYMBOL = "reduce_angle"
N_BITS = 1280  # of 2/pi
N_BYTES = N_BITS // 8 + 32  # and zeros above them, for exponents near that of LARGE
WIDE = "i256"


def _two_over_pi() -> int:
    """floor(2/pi * 2^N_BITS), by Machin's formula."""
    one = 1 << (N_BITS + 64)

    def arctan_of_inverse(n: int) -> int:
        term, total, k = one // n, 0, 1
        while term:
            total += term // k if k % 4 == 1 else -(term // k)
            term //= n * n
            k += 2
        return total

    pi = 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))
    return (2 * one << N_BITS) // pi


def write_reduction(host: Host) -> tuple[str, frozenset[str]]:
    """The function `double (double x, ptr low, ptr quadrant)`, with its table, and declarations.

    Returns r and writes r_lo and q: x = q pi/2 + r + r_lo mod 2 pi, |r| <= pi/4, for |x| >= LARGE.
    """
    code = Code(host)
    x = Value(code, F64, 1, "%x")
    bits = x.bits()
    exponent = ((bits >> 52) & 0x7FF) - 1075
    mantissa = (bits & ((1 << 52) - 1)) | (1 << 52)
    # bits of weight 2^2 and more in m 2^e 2/pi begin at bit N_BITS + 2 - e of the table
    byte = (N_BITS + 2 - 256 + 7 - exponent) >> 3
    surplus = (byte * 8) + (256 + exponent - N_BITS - 2)
    place = code.let(PTR, 1, f"getelementptr i8, ptr @two_over_pi, {byte}")
    window = code.let(WIDE, 1, f"load {WIDE}, {place}, align 1")
    product = window * mantissa.cast("zext", WIDE)
    product = product << surplus.cast("zext", WIDE)
    # two bits of quadrant, then the fraction; as a signed number it lies in [-1/2, 1/2)
    quadrant = (product >> 254).cast("trunc", I64) + ((product >> 253).cast("trunc", I64) & 1)
    fraction = product << 2
    negative = (x.bits() >> 63).ne(0)
    h, low = _as_twice_double(code, fraction)
    p, p_lo = two_prod(code, h, code.const(F64, PIO2[0]))
    p_lo = p_lo + code.fma(h, PIO2[1], low * PIO2[0])
    r, r_lo = fast_two_sum(p, p_lo)
    code.line(f"store {code.select(negative, -r_lo, r_lo)}, ptr %low")
    code.line(f"store {code.select(negative, -quadrant, quadrant)}, ptr %quadrant")
    code.line(f"ret {code.select(negative, -r, r)}")
    table = "".join(f"\\{b:02X}" for b in _two_over_pi().to_bytes(N_BYTES, "little"))
    texts = (
        f'@two_over_pi = private constant [{N_BYTES} x {I8}] c"{table}"',
        f"define internal double @{SYMBOL}(double %x, ptr %low, ptr %quadrant) "
        "noinline nounwind {",
        code.text(),
        "}",
    )
    return "\n".join(texts), frozenset(code.declared)


def _as_twice_double(code: Code, fraction: Value) -> tuple[Value, Value]:
    """A signed binary fraction (2^256 is 1) as the sum of two doubles."""
    parts: list[Value] = []
    for k in range(6):
        piece = (fraction >> (256 - 32 * (k + 1))).cast("trunc", "i32")
        how = "uitofp" if k else "sitofp"
        parts.append(piece.cast(how, F64) * 2.0 ** (-32 * (k + 1)))
    high, low = parts[0], code.const(F64, 0.0)
    for part in parts[1:]:
        high, lost = two_sum(high, part)
        low = low + lost
    return fast_two_sum(high, low)


def reduce_large(
    code: Code, x: Value, found: tuple[Value, Value, Value]
) -> tuple[Value, Value, Value]:
    """(q, r, r_lo) where |x| >= LARGE, finite; what was found already elsewhere."""
    size = code.fabs(x)
    large = (size >= LARGE) & (size < float("inf"))
    results = [Var(code, v.elem, v) for v in found]
    some, done = code.label("large"), code.label("reduced")
    code.branch(code.any(large), some, done, "otherwise")
    code.begin(some)
    code.needs[Needed(SYMBOL, F64, 1)] = None
    places = [code.stacked(v) for v in found]
    flags, angles = code.stacked(large.cast("zext", I8)), code.stacked(x)
    with code.loop(0, code.const(I64, x.width)) as k:
        flag = code.let(I8, 1, f"load i8, ptr {code.at(flags, I8, k)}")
        with code.when(flag.ne(0)):
            angle = code.let(F64, 1, f"load double, ptr {code.at(angles, F64, k)}")
            q, r, low = (code.at(place, v.elem, k) for place, v in zip(places, found))
            value = code.let(F64, 1, f"call double @{SYMBOL}({angle}, ptr {low}, ptr {q})")
            code.line(f"store {value}, ptr {r}")
    for result, place in zip(results, places):
        result.set(code.let(result.elem, x.width, f"load {result.type}, ptr {place}"))
    code.jump(done)
    code.begin(done)
    q, r, r_lo = (result.get() for result in results)
    return q, r, r_lo
