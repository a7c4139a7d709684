"""Philox4x32-10 (Salmon et al. 2011), one block of numbers a lane; see ir/kernels.Stream.

The 32-bit words stand in I64 lanes, where a product of two is one instruction (pmuludq).
"""

from __future__ import annotations

from rheobase.backends.llvm.math import log
from rheobase.backends.llvm.text import Code, Value
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
    c0, c1 = element & LOW, (draw | ((step >> 32) << 16)) & LOW
    c2, c3 = step & LOW, stream & LOW
    for n in range(N_ROUNDS):
        if n:
            k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & LOW, (p0 >> 32) ^ c3 ^ k1, p0 & LOW
    return c0, c1, c2, c3


def _uniform_of(low: Value, high: Value) -> Value:
    """(high << 32 | low) >> 12 in units of 2^-52: the fraction of a number in [1, 2)."""
    fraction = ((high << 32) | low) >> 12
    return (fraction | 0x3FF0000000000000).as_double() - 1.0


def uniform(
    code: Code, seed: Value, element: Value, draw: Value, step: Value, stream: Value
) -> Value:
    """A number in [0, 1)."""
    w0, w1, _, _ = words(seed, element, draw, step, stream)
    return _uniform_of(w0, w1)


def normal(
    code: Code, seed: Value, element: Value, draw: Value, step: Value, stream: Value
) -> Value:
    """A normal deviate, mean 0, variance 1 (Box & Muller 1958).

    Two elements share the words of a draw. PAIRED lanes are elements 8 n, ..., 8 n + 7: the words
    of the first half serve both.
    """
    shared = (element >> 3) << 2 | (element & 3)
    arguments = (seed, shared, draw, step, stream)
    if element.width == PAIRED:
        u, v = uniforms(*(code.half(a) for a in arguments))
        sine, cosine = sin_cos_turns(code, v)
        radius = _radius(code, u)
        return code.joined(radius * cosine, radius * sine)
    u, v = uniforms(*arguments)
    sine, cosine = sin_cos_turns(code, v)
    return _radius(code, u) * code.select((element & 4).ne(0), sine, cosine)


def uniforms(
    seed: Value, element: Value, draw: Value, step: Value, stream: Value
) -> tuple[Value, Value]:
    """Two numbers in [0, 1) from the words of one draw."""
    w0, w1, w2, w3 = words(seed, element, draw, step, stream)
    return _uniform_of(w0, w1), _uniform_of(w2, w3)


def _radius(code: Code, u: Value) -> Value:
    return code.sqrt(log(code, 1.0 - u) * -2.0)
