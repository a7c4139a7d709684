"""Rooted trees, and what each demands of a Runge-Kutta method (Butcher 1963).

A tree is the sorted tuple of the trees below its root. A method has order p if, for every tree of
at most p nodes, sum_i b_i*phi_i(tree) = 1/gamma(tree), where phi_i of [t1, ..., tm] is the product
of sum_j a_ij*phi_j(tk), and gamma the number of nodes times the gammas below.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import prod

import numpy as np

Tree = tuple["Tree", ...]


def size(tree: Tree) -> int:
    return 1 + sum(map(size, tree))


def gamma(tree: Tree) -> int:
    return size(tree) * prod(map(gamma, tree))


@lru_cache
def trees(n: int) -> list[Tree]:
    """All rooted trees with n nodes."""
    return sorted({tuple(sorted(f)) for f in forests(n - 1, n - 1)})


def forests(n: int, largest: int) -> Iterator[Tree]:
    """All multisets of trees with n nodes together, none with more than `largest`."""
    if n == 0:
        yield ()
    for k in range(1, min(n, largest) + 1):
        for first in trees(k):
            for rest in forests(n - k, k):
                yield (first, *rest)


def weights(tree: Tree, a: np.ndarray) -> np.ndarray:
    """(s,)  phi_i(tree)."""
    result = np.ones(len(a))
    for below in tree:
        result = result * (a @ weights(below, a))
    return result


def defects(a: np.ndarray, b: np.ndarray, n: int) -> list[float]:
    """For each tree of n nodes, how far the method misses its condition."""
    return [float(b @ weights(t, a)) - 1 / gamma(t) for t in trees(n)]
