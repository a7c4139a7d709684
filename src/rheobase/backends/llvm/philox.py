"""Philox4x32-10 (Salmon et al. 2011), one block of numbers a lane; see ir/kernels.Stream.

The 32-bit words stand in I64 lanes, where a product of two is one instruction (pmuludq). What is
the same for all elements (the keys of the rounds, and what the first two make of the other words of
the counter) is a `prepared` tuple, computed once before a loop.
"""

from __future__ import annotations

from collections.abc import Sequence

from rheobase.backends.llvm.math import minus_two_log
from rheobase.backends.llvm.text import F32, F64, I32, I64, Code, Value
from rheobase.backends.llvm.trigonometry import cos_sin_turns

__all__ = [
    "N_PREPARED",
    "PAIRED",
    "QUARTERED",
    "blocks_of",
    "normal",
    "prepared",
    "quarter",
    "uniform",
    "uniforms",
    "words",
]

PAIRED, QUARTERED = 8, 16  # lanes from which on two, or four, elements share words in vectors

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF
N_ROUNDS = 10
MOST_BLOCKS = 16  # lanes that make words: two vectors of AVX-512, whose operations overlap
ONE = 0x3FF0000000000000  # the bits of 1.0
HALF_TURN = (1 << 51) - 1
N_PREPARED = 4 + 2 * (N_ROUNDS - 2)

Prepared = Sequence[Value]


def prepared(seed: Value, draw: Value, step: Value, stream: Value) -> Prepared:
    """What the words of a draw take beside the element. All arguments I64.

    The element is in one word of the counter: of the first round, one half is here, and of the
    second the other half. (What stands above 32 bits in the last of it makes LLVM keep the cut
    before the next product, without which it does not know that it is one of 32 bits.)
    """
    key = [((seed & LOW) + n * WEYL[0], (seed >> 32) + n * WEYL[1]) for n in range(N_ROUNDS)]
    keys = [(k0 & LOW, k1 & LOW) for k0, k1 in key]
    product = (step & LOW) * MULTIPLIERS[1]
    c0 = (product >> 32) ^ (draw | ((step >> 32) << 16)) ^ keys[0][0]
    following = (c0 & LOW) * MULTIPLIERS[0]
    second = ((product ^ keys[1][0]) & LOW, (following >> 32) ^ keys[1][1], following)
    return (stream ^ keys[0][1], *second, *(k for pair in keys[2:] for k in pair))


def words(element: Value, prepared: Prepared) -> tuple[Value, Value, Value, Value]:
    """The four words of a draw; what stands above 32 bits does not count."""
    first, second0, second1, c3, *keys = prepared
    product = _times(element, 0)
    c0, c1 = (product >> 32) ^ first, product
    product = _times(c0, 1)
    c0, c1, c2 = (product >> 32) ^ second0, product, c1 ^ second1
    for k0, k1 in zip(keys[::2], keys[1::2]):
        p0, p1 = _times(c0, 0), _times(c2, 1)
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1, (p0 >> 32) ^ c3 ^ k1, p0
    return c0, c1, c2, c3


def _times(word: Value, n: int) -> Value:
    """The product with a multiplier: pmuludq does not look at what is cut off here."""
    return (word & LOW) * MULTIPLIERS[n]


def blocks_of(name: str, width: int) -> int:
    """How many lanes make the words of `width` draws together."""
    if name == "normal" and width >= PAIRED:
        width //= 2
    elif name == "discrete" and width >= QUARTERED:
        width //= 4
    return min(width, MOST_BLOCKS)


def quarter(code: Code, element: Value, prepared: Prepared) -> Value:
    """32 bits, I32; four elements share the words of a draw. Where there are several lanes, their
    elements follow each other from a multiple of 16."""
    if element.width < QUARTERED:
        shared = (element >> 4) << 2 | (element & 3)
        w0, w1, w2, w3 = (w.cast("trunc", I32) for w in words(shared, prepared))
        odd, upper = (element & 4).ne(0), (element & 8).ne(0)
        return code.select(upper, code.select(odd, w3, w2), code.select(odd, w1, w0))
    n = element.width // 4
    shared = (code.lane(element, 0) >> 2) + _numbers(code, n)
    four = code.joined_all([w.cast("trunc", I32) for w in words(shared, prepared)])
    place = [((k >> 2) & 3) * n + (k >> 4) * 4 + (k & 3) for k in range(element.width)]
    return code.chosen(four, place)


def _numbers(code: Code, n: int) -> Value:
    """0, ..., n - 1 in the lanes of an I64."""
    return Value(code, I64, n, "<" + ", ".join(f"i64 {k}" for k in range(n)) + ">")


# ------------------------------------------------------------------ uniform numbers
def _side_by_side(low: Value, high: Value) -> Value:
    """high << 32 | low. (LLVM would make the shift a part of the product that `high` is, and of one
    instruction three; taking halves of lanes is one, and it does not see through that.)"""
    code, width = low.code, low.width
    if width == 1:
        return (high << 32) | (low & LOW)
    halves = [k + side * 2 * width for k in range(0, 2 * width, 2) for side in (0, 1)]
    words = code.chosen(code.joined(low.halves(), high.halves()), halves)
    return code.let(I64, width, f"bitcast {words} to <{width} x i64>")


def _above_one(low: Value, high: Value) -> Value:
    """1 + u for the uniform number u = ((high << 32 | low) >> 12) 2^-52."""
    return ((_side_by_side(low, high) >> 12) | ONE).as_float()


def _short(word: Value) -> Value:
    """The first 31 bits of a word, I32."""
    return word.cast("trunc", I32) >> 1


def uniforms(element: Value, prepared: Prepared) -> tuple[Value, Value]:
    """Two numbers in [0, 1) from the words of one draw."""
    w0, w1, w2, w3 = words(element, prepared)
    return _above_one(w0, w1) - 1.0, _above_one(w2, w3) - 1.0


def uniform(code: Code, element: Value, prepared: Prepared, elem: str) -> Value:
    """A number in [0, 1)."""
    make = _double if elem == F64 else _single
    return code.joined_all([make(part, prepared) for part in _pieces(code, element)])


def _pieces(code: Code, x: Value) -> list[Value]:
    """The lanes of x, so many at a time as fill the registers with words."""
    lanes = range(0, x.width, MOST_BLOCKS)
    return [x] if len(lanes) == 1 else [code.chosen(x, range(k, k + MOST_BLOCKS)) for k in lanes]


def _double(element: Value, prepared: Prepared) -> Value:
    w0, w1, _, _ = words(element, prepared)
    return _above_one(w0, w1) - 1.0


def _single(element: Value, prepared: Prepared) -> Value:
    """uniform as an F32: of 31 bits, without those that would round it up, perhaps to 1."""
    k = _short(words(element, prepared)[1])
    return (k & ~(k >> 24)).cast("sitofp", F32) * 2.0**-31


# ------------------------------------------------------------------ normal numbers
def normal(code: Code, element: Value, prepared: Prepared, elem: str) -> Value:
    """A normal deviate, mean 0, variance 1 (Box & Muller 1958).

    Two elements share the words of a draw: those of 8 n + k and 8 n + 4 + k, k < 4, are those of
    4 n + k. Where there are several lanes, their elements follow each other from a multiple of 8.
    """
    make = _polar if elem == F64 else _polar_single
    if element.width < PAIRED:
        cosine, sine = make(code, (element >> 3) << 2 | (element & 3), prepared)
        return code.select((element & 4).ne(0), sine, cosine)
    half = element.width // 2
    shared = (code.lane(element, 0) >> 1) + _numbers(code, half)
    both = [make(code, part, prepared) for part in _pieces(code, shared)]
    cosines, sines = (code.joined_all(list(x)) for x in zip(*both))
    lanes = range(element.width)
    place = [(k >> 3) * 4 + (k & 3) + (half if k & 4 else 0) for k in lanes]
    return code.chosen(code.joined(cosines, sines), place)


def _polar(code: Code, element: Value, prepared: Prepared) -> tuple[Value, Value]:
    """The two normal deviates of a draw."""
    w0, w1, w2, w3 = words(element, prepared)
    angle = _side_by_side(w2, w3)
    turn = (((angle >> 12) & HALF_TURN) | ONE).as_float() - 1.0
    return _deviates(code, 2.0 - _above_one(w0, w1), turn, angle & -(1 << 63))


def _polar_single(code: Code, element: Value, prepared: Prepared) -> tuple[Value, Value]:
    """_polar in F32: 1 - u and the angle within a half turn are rounded from 31 and 30 bits."""
    _, w1, _, w3 = words(element, prepared)
    rest = ((0x7FFFFFFF - _short(w1)).cast("sitofp", F32) + 1.0) * 2.0**-31
    angle = w3.cast("trunc", I32)
    turn = ((angle >> 1) & 0x3FFFFFFF).cast("sitofp", F32) * 2.0**-31
    return _deviates(code, rest, turn, angle & -(1 << 31))


def _deviates(code: Code, rest: Value, turn: Value, half: Value) -> tuple[Value, Value]:
    """Cosine and sine of 2 pi turn, 0 <= turn < 1/2, times sqrt(-2 log(rest)); both negative
    where the highest bit of `half` (the other half turn) is set."""
    cosine, sine = cos_sin_turns(code, turn)
    radius = (code.sqrt(minus_two_log(code, rest)).bits() ^ half).as_float()
    return radius * cosine, radius * sine
