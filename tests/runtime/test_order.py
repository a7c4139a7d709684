"""Elements in the order of whole numbers, against NumPy's stable sorts."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rheobase.ir.dtypes import I32
from rheobase.ir.slots import Slot
from rheobase.runtime.order import (
    Column,
    Computed,
    gathered,
    is_ascending,
    lists_of,
    places_of,
    put_into_rows,
    rows_of,
    stable_order,
)

SIZES = [(0, 1), (1, 1), (5000, 1), (5000, 300), (200_000, 70_000), (5000, 2**31)]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint16])
@pytest.mark.parametrize(("n", "n_keys"), SIZES)
def test_elements_stand_as_after_a_stable_sort(dtype, n, n_keys):
    keys = np.random.default_rng(1).integers(0, n_keys, n).astype(dtype)
    assert_array_equal(stable_order(keys), np.argsort(keys, kind="stable"))


@pytest.mark.parametrize(("n", "n_keys"), [*SIZES[:-1], (200_000, 2**20)])
@pytest.mark.parametrize("n_minor", [1, 50, 2**31])
def test_pairs_stand_in_rows_as_after_a_stable_sort(n, n_keys, n_minor):
    """Also where a pair and its position do not fit into one word."""
    rng = np.random.default_rng(1)
    sources, targets = rng.integers(0, n_keys, n), rng.integers(0, n_minor, n).astype(np.int32)
    found = rows_of(sources, targets, n_rows=n_keys)
    order = np.lexsort((targets, sources))
    assert_array_equal(found.order, order)
    assert_array_equal(found.targets, targets[order])
    assert_array_equal(np.diff(found.starts), np.bincount(sources, minlength=n_keys))


@pytest.mark.parametrize(("n", "n_keys"), SIZES[:-1])
def test_lists_by_key_are_those_of_a_stable_sort_with_their_columns(n, n_keys):
    keys = np.random.default_rng(1).integers(0, n_keys, n).astype(np.int32)
    values, out = np.arange(n) * 3, Slot("out", I32, n)
    starts, listed = lists_of(keys, n_keys, [Column(out, values.__getitem__)])
    order = np.argsort(keys, kind="stable")
    assert_array_equal(listed.data, order)
    assert_array_equal(out.data, values[order])
    assert_array_equal(np.diff(starts), np.bincount(keys, minlength=n_keys))


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize(("n", "n_rows"), [*SIZES[:-1], (200_000, 2**20)])
@pytest.mark.parametrize("n_targets", [1, 50, 2**31])
def test_pairs_are_put_into_rows_as_after_a_stable_sort(n, n_rows, n_targets, ordered):
    rng = np.random.default_rng(1)
    sources, targets = rng.integers(0, n_rows, n), rng.integers(0, n_targets, n).astype(np.int32)
    order = np.lexsort((targets, sources))
    if ordered:
        sources, targets, order = sources[order], targets[order], np.arange(n)
    starts, out = np.ones(n_rows + 1, np.int64), Slot("targets", I32, n)
    columns = Computed(n, n_rows, sources.__getitem__), Computed(n, n_targets, targets.__getitem__)
    places = put_into_rows(*columns, starts, out)
    assert_array_equal(out.data, targets[order])
    assert_array_equal(np.diff(starts, prepend=0)[1:], np.bincount(sources, minlength=n_rows))
    if places is not None:
        assert_array_equal(places[order], np.arange(n))
    else:
        assert_array_equal(order, np.arange(n))


def test_values_are_gathered_and_places_found_piece_by_piece():
    order = np.random.default_rng(2).permutation(200_000).astype(np.int32)
    assert_array_equal(gathered(np.arange(200_000) * 3, order), 3 * order)
    assert_array_equal(places_of(order)[order], np.arange(200_000))


@pytest.mark.parametrize("n", [0, 1, 10, 65_536, 65_537, 200_000])
def test_one_that_falls_is_found_wherever_it_stands(n):
    major = np.arange(n) // 7
    minor = np.arange(n) % 7
    assert is_ascending(major)
    assert is_ascending(major, minor)
    for k in {1, n // 2, 65_536, n - 1} & set(range(1, n)):
        spoiled = np.concatenate([major[:k], [major[k - 1] - 1], major[k:]])
        assert not is_ascending(spoiled)
        doubled = np.concatenate([minor[:k], [-1], minor[k:]])
        assert not is_ascending(np.concatenate([major[:k], [major[k - 1]], major[k:]]), doubled)
