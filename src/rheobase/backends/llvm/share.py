"""Shares: which part of a kernel's work one call of its function does.

Several threads may call the function of one kernel at the same time, each with a share of its
own; what the shares are is decided in backends/llvm/lanes and blocks. A share is five words:

    low, high     the call is for the elements low <= k < high alone
    lane, lanes   of rows that are cut in `lanes` pieces, the call walks piece `lane`: entry
                  r * lanes + lane of `rows` is where it begins in row r, the next where it ends
    at            where in its list Select puts the first element that it lists

    Elementwise, Select    low <= own < high
    Indexed                low <= own < high
    Propagate, Reduce      low <= event or row < high, and the pieces of their rows (with delays:
                           of their segments, DelayRows.starts)

All other kernels are called once, with WHOLE, and so is everything where one thread runs.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["LONGEST", "WHOLE", "Word"]

LONGEST = 64  # steps that a chunk goes ahead of others, at most: see backends/llvm/blocks

_ALL = 1 << 62


class Word(IntEnum):
    """The words of a share."""

    LOW = 0
    HIGH = 1
    LANE = 2
    LANES = 3
    AT = 4


WHOLE = (-_ALL, _ALL, 0, 1, 0)
