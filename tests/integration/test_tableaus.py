"""Tables of coefficients are what they say: conditions of order, for every rooted tree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rheobase.integration.rosenbrock import ROSENBROCK
from rheobase.integration.runge_kutta import PAIRS
from tests.integration.trees import defects, trees

ROUNDING = 1e-14


def square(rows) -> np.ndarray:
    a = np.zeros((len(rows), len(rows)))
    for k, row in enumerate(rows):
        a[k, : len(row)] = row
    return a


def test_there_are_as_many_rooted_trees_as_there_should_be():
    """1, 1, 2, 4, 9, 20, 48, 115: OEIS A000081."""
    assert [len(trees(n)) for n in range(1, 9)] == [1, 1, 2, 4, 9, 20, 48, 115]


@pytest.mark.parametrize("method", PAIRS, ids=lambda m: m.name)
def test_a_pair_has_the_orders_that_it_states_and_no_more(method):
    table = method.tableau
    a, b = square(table.a), np.array(table.b)
    for weights, order in ((b, table.order), (b - table.e, table.order_low)):
        for n in range(1, order + 1):
            assert max(map(abs, defects(a, weights, n))) < ROUNDING
        assert max(map(abs, defects(a, weights, order + 1))) > 1e-7


@pytest.mark.parametrize("method", PAIRS, ids=lambda m: m.name)
def test_a_table_that_contradicts_itself_does_not_exist(method):
    table = method.tableau
    with pytest.raises(ValueError, match="weights sum to"):
        replace(table, b=(table.b[0] + 1e-9, *table.b[1:]))
    with pytest.raises(ValueError, match="weights do not fit"):
        replace(table, a=table.a[:-1])


def test_the_rosenbrock_method_is_stable_at_infinity():
    """R(inf) = 0 for its result and its estimate: both are L-stable (Hairer & Wanner II, IV.7).

    On dx/dt = l*x with h*l -> inf, the stages solve (1/gamma - z) u = z*(x + a u) + c u.
    """
    t = ROSENBROCK.table
    a, c, m = square(t.a), square(t.c), np.array(t.m)
    for weights in (m, m - t.e):
        z = -1e12
        u = np.linalg.solve(np.eye(len(m)) * (1 / t.gamma - z) - z * a - c, np.full(len(m), z))
        assert abs(1 + weights @ u) < 1e-9


def test_a_rosenbrock_table_fits_together():
    with pytest.raises(ValueError, match="6 weights do not fit"):
        replace(ROSENBROCK.table, alpha=(0.0,))
