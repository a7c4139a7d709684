"""One Brownian path at several steps: the increment of a long step is the sum of the short ones.

A run with noise cannot be compared with a run at half the step if both draw numbers of their own.
A `Path` gives both the same motion: its normal numbers belong to the finest step, and a step of
2**level of these gets their sum, divided by sqrt(2**level) so that its variance is 1 again.
Source: Kloeden & Platen 1992, Numerical Solution of Stochastic Differential Equations, section 9.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.runtime.clocks import ClockState

__all__ = ["Path"]


class Path:
    """The noise of one object's equations.

    seed    of the path
    clock   that of the object; step s of the run covers the finest steps s*2**level and on
    level   how often the finest step is doubled to give that of the run
    size    number of elements
    """

    def __init__(self, seed: int, clock: ClockState, level: int, size: int) -> None:
        self._seed = seed
        self._clock = clock
        self._level = level
        self._size = size
        self._last = (-1, 0)  # the step of the last draw, and how many there were in it

    def function(self) -> FunctionInfo:
        """What stands in for randn()."""
        normal = FUNCTIONS["randn"]
        return FunctionInfo(
            "randn",
            (),
            (),
            normal.result_dim,
            normal.result_type,
            stateless=False,
            python=self._draw,
            callback=True,
            indexed=True,
        )

    def _draw(self, elements: NDArray[Any]) -> NDArray[np.float64]:
        step, count = self._clock.step, 0
        if step == self._last[0]:
            count = self._last[1] + 1
        self._last = step, count
        return self.normal(step, count)[elements]

    def normal(self, step: int, source: int = 0) -> NDArray[np.float64]:
        """The normal numbers of all elements in one step, for one source of noise."""
        n = 1 << self._level
        total = np.zeros(self._size)
        for fine in range(step * n, (step + 1) * n):
            bits = np.random.Philox(key=self._seed, counter=[0, source, fine, 0])
            total += np.random.Generator(bits).standard_normal(self._size)
        return total / np.sqrt(n)
