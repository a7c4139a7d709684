"""Philox4x32-10 (Salmon et al. 2011), one block of numbers a lane; see ir/kernels.Stream.

The 32-bit words stand in I64 lanes, where a product of two is one instruction (pmuludq).
"""

from __future__ import annotations

from rheobase.backends.llvm.math import log_of_normal
from rheobase.backends.llvm.text import F32, F64, I32, I64, Code, Value
from rheobase.backends.llvm.trigonometry import sin_cos_turns

__all__ = ["PAIRED", "normal", "uniform", "uniforms", "words"]

PAIRED = 8  # lanes

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF
N_ROUNDS = 10


def words(
    seed: Value, element: Value, draw: Value, step: Value, stream: Value
) -> tuple[Value, Value, Value, Value]:
    """The four words of a draw, each below 2^32. All arguments I64."""
    k0, k1 = seed & LOW, seed >> 32
    c0, c1 = element, draw | ((step >> 32) << 16)
    c2, c3 = step, stream
    for n in range(N_ROUNDS):
        if n:
            k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW
        # what stands above 32 bits is cut off where it would count: pmuludq does not look at it
        p0, p1 = (c0 & LOW) * MULTIPLIERS[0], (c2 & LOW) * MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1, (p0 >> 32) ^ c3 ^ k1, p0
    return c0 & LOW, c1 & LOW, c2 & LOW, c3 & LOW


def _uniform_of(low: Value, high: Value) -> Value:
    """(high << 32 | low) >> 12 in units of 2^-52: the fraction of a number in [1, 2)."""
    fraction = _side_by_side(low, high) >> 12
    return (fraction | 0x3FF0000000000000).as_float() - 1.0


def _side_by_side(low: Value, high: Value) -> Value:
    """high << 32 | low. (LLVM would make the shift a part of the product that `high` is, and of one
    instruction three; taking halves of lanes is one, and it does not see through that.)"""
    code, width = low.code, low.width
    if width == 1:
        return (high << 32) | low
    halves = [k + side * 2 * width for k in range(0, 2 * width, 2) for side in (0, 1)]
    words = code.chosen(code.joined(low.halves(), high.halves()), halves)
    return code.let(I64, width, f"bitcast {words} to <{width} x i64>")


def _short(word: Value) -> Value:
    """The first 31 bits of a word, I32."""
    return (word >> 1).cast("trunc", I32)


def uniform(
    code: Code, seed: Value, element: Value, draw: Value, step: Value, stream: Value, elem: str
) -> Value:
    """A number in [0, 1)."""
    arguments = (seed, element, draw, step, stream)
    if elem == F64:
        w0, w1, _, _ = words(*arguments)
        return _uniform_of(w0, w1)
    if element.width > PAIRED:  # more words at a time than registers
        half = element.width // 2
        parts = (range(half), range(half, 2 * half))
        return code.joined(*(_single(*(code.chosen(a, p) for a in arguments)) for p in parts))
    return _single(*arguments)


def _single(seed: Value, element: Value, draw: Value, step: Value, stream: Value) -> Value:
    """uniform as an F32: of 31 bits, without those that would round it up, perhaps to 1."""
    k = _short(words(seed, element, draw, step, stream)[1])
    return (k & ~(k >> 24)).cast("sitofp", F32) * 2.0**-31


def normal(
    code: Code, seed: Value, element: Value, draw: Value, step: Value, stream: Value, elem: str
) -> Value:
    """A normal deviate, mean 0, variance 1 (Box & Muller 1958).

    Two elements share the words of a draw. Of PAIRED lanes, which are the elements 8 n, ...,
    8 n + 7, the words of the first half serve both.
    """
    make = _polar if elem == F64 else _polar_single
    shared = (element >> 3) << 2 | (element & 3)
    arguments = (seed, shared, draw, step, stream)
    if element.width < PAIRED:
        cosine, sine = make(code, *arguments)
        return code.select((element & 4).ne(0), sine, cosine)
    lanes = range(element.width)
    first = [k for k in lanes if not k & 4]
    cosine, sine = make(code, *(code.chosen(a, first) for a in arguments))
    both = code.joined(cosine, sine)
    if element.width == PAIRED:
        return both
    place = [(k >> 3) * 4 + (k & 3) + (len(first) if k & 4 else 0) for k in lanes]
    return code.chosen(both, place)


def _polar(code: Code, *arguments: Value) -> tuple[Value, Value]:
    """The two normal deviates of a draw."""
    u, v = uniforms(*arguments)
    sine, cosine = sin_cos_turns(code, v)
    radius = _radius(code, 1.0 - u)
    return radius * cosine, radius * sine


def _polar_single(code: Code, *arguments: Value) -> tuple[Value, Value]:
    """_polar in F32: u and v have 31 bits, and 1 - u is rounded once."""
    _, w1, _, w3 = words(*arguments)
    rest = (0x7FFFFFFF - _short(w1)).cast("sitofp", F32) + 1.0
    sine, cosine = sin_cos_turns(code, _short(w3).cast("sitofp", F32) * 2.0**-31)
    radius = _radius(code, rest * 2.0**-31)
    return radius * cosine, radius * sine


def uniforms(
    seed: Value, element: Value, draw: Value, step: Value, stream: Value
) -> tuple[Value, Value]:
    """Two numbers in [0, 1) from the words of one draw."""
    w0, w1, w2, w3 = words(seed, element, draw, step, stream)
    return _uniform_of(w0, w1), _uniform_of(w2, w3)


def _radius(code: Code, rest: Value) -> Value:
    return code.sqrt(log_of_normal(code, rest) * -2.0)
