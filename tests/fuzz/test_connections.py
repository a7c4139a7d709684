"""A sample of the search that `python -m tests.fuzz.connections` does at length."""

from __future__ import annotations

import rheobase as rb
from tests.fuzz.connections import Made, _may_be, search


def test_random_calls_make_what_loops_make() -> None:
    """20 cases on both backends: every pair, in order, with its copies and values."""
    try:
        tally, found = search(20, seed=20261125)
    finally:
        rb.set_backend("llvm")
    assert not found
    assert sum(tally.values()) > 50


def test_the_search_tells_wrong_synapses_from_right_ones() -> None:
    """Order, copies and numbers of random pairs count."""
    sure = Made([((0, 1), 2), ((1, 0), 1)])
    assert _may_be([(0, 1), (0, 1), (1, 0)], sure) is None
    assert _may_be([(0, 1), (1, 0), (0, 1)], sure) is not None
    some = Made([((0, 1), 2), ((1, 0), 1)], p=0.5)
    assert _may_be([(1, 0)], some) is None
    assert _may_be([(0, 1)], some) is not None
    assert _may_be([(1, 0), (0, 1), (0, 1)], some) is not None
