"""Philox4x32-10 on arrays of counters.

Source: Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Words", "discrete", "normal", "normal_single", "philox", "uniform", "uniform_single"]

Word: TypeAlias = NDArray[np.uint64]  # 32 bits used
Words: TypeAlias = tuple[Word, Word, Word, Word]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_MASK = 0xFFFFFFFF
_LOW = np.uint64(_MASK)
_SHIFT = np.uint64(32)


def philox(counter: Words, key: tuple[int, int], rounds: int = 10) -> Words:
    """The four words of each counter.

    counter   four arrays (n,) or scalars of 32-bit numbers
    key       two 32-bit numbers
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        product0, product1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (
            (product1 >> _SHIFT) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _SHIFT) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return c0, c1, c2, c3


def uniform(words: Words, pair: int = 0) -> NDArray[np.float64]:
    """Multiples of 2**-52 in [0, 1) from the words (w0, w1), or (w2, w3) for pair 1."""
    low, high = words[2 * pair], words[2 * pair + 1]
    return ((high << _SHIFT | low) >> np.uint64(12)).astype(np.float64) * 2.0**-52


def normal(words: Words, sine: NDArray[np.bool_] | bool = False) -> NDArray[np.float64]:
    """Mean 0, variance 1; the two branches are independent of each other.

    sine   the branch: of the sine, or of the cosine
    Source: Box, Muller 1958, Ann. Math. Stat. 29:610-611.
    """
    return _box_muller(1.0 - uniform(words), uniform(words, 1), sine)


def _box_muller(
    rest: NDArray[np.float64], v: NDArray[np.float64], sine: NDArray[np.bool_] | bool
) -> NDArray[np.float64]:
    angle = 2.0 * np.pi * v
    return np.sqrt(-2.0 * np.log(rest)) * np.where(sine, np.sin(angle), np.cos(angle))


def discrete(high: Words, which: NDArray[np.int64], low: Words) -> NDArray[np.int64]:
    """Numbers below 2**63: 32 bits from one of the words of `high`, 31 from the first of `low`.

    which   the number of the word of each element
    """
    word = np.choose(which, high)
    return (word << np.uint64(31) | low[0] >> np.uint64(1)).astype(np.int64)


def _short(word: Word) -> NDArray[np.int32]:
    return (word >> np.uint64(1)).astype(np.int32)


def uniform_single(words: Words) -> NDArray[np.float32]:
    """uniform to 31 bits, rounded so that it stays below 1."""
    k = _short(words[1])
    return (k & ~(k >> 24)).astype(np.float32) * np.float32(2.0**-31)


def normal_single(words: Words, sine: NDArray[np.bool_] | bool = False) -> NDArray[np.float32]:
    """normal of uniforms of 31 bits, rounded to F32: 1 - u, and v within its half of a turn."""
    rest = (0x7FFFFFFF - _short(words[1])).astype(np.float32) + np.float32(1)
    v = _short(words[3])
    half = v & 0x40000000
    unit = np.float64(2.0**-31)
    turn = (v - half).astype(np.float32) * unit + half * unit
    return _box_muller(rest * unit, turn, sine).astype(np.float32)
