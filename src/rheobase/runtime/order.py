"""Sorting in linear time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["stable_order"]


def stable_order(keys: NDArray[Any]) -> NDArray[np.int32]:
    """(n,) where the elements stand in ascending order, equal ones as they come;
    0 <= keys < 2^32.

    NumPy sorts numbers of 16 bits by their digits, in linear time; more bits are as many turns.
    """
    order = np.argsort(keys.astype(np.uint16), kind="stable").astype(np.int32)
    if int(keys.max(initial=0)) >> 16:
        high = (keys >> 16).astype(np.uint16)[order]
        order = order[np.argsort(high, kind="stable")]
    return order
