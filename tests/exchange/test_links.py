"""Lists of links do what the maps of machine learning do, written out as loops."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rheobase.exchange.links import convolution, dense, diagonal, later, then


def test_maps_after_each_other_are_the_product_of_their_matrices() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=(4, 3)) * (rng.random((4, 3)) < 0.7)
    b = rng.normal(size=(5, 4)) * (rng.random((5, 4)) < 0.7)
    both = then(dense(a), dense(b))
    np.testing.assert_allclose(both.matrix(), b @ a, rtol=1e-13, atol=1e-15)
    assert len(both) == np.count_nonzero((b != 0) * 1.0 @ (a != 0))  # one link for each pair
    x = rng.normal(size=3)
    np.testing.assert_allclose(both.of(x), b @ a @ x, rtol=1e-12)


def test_delays_add_and_keep_links_apart() -> None:
    split = dense(np.ones((2, 1)))
    joined = then(then(split, later(np.array([0.001, 0.002]))), dense(np.array([[1.0, 3.0]])))
    assert joined.delays.tolist() == [0.001, 0.002]
    assert joined.weights.tolist() == [1.0, 3.0]
    assert then(then(split, diagonal(np.array([2.0, 5.0]))), dense(np.ones((1, 2)))).weights == 7


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [((1, 1), (0, 0), (1, 1), 1), ((2, 1), (1, 2), (1, 2), 1), ((1, 2), (2, 0), (2, 1), 2)],
)
def test_a_convolution_is_its_definition(
    stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int], groups: int
) -> None:
    """Against the sums of the documentation of torch.nn.Conv2d, as loops."""
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(4, 6, 7)), rng.normal(size=(6, 4 // groups, 3, 2))
    links, shape = convolution(w, x.shape[1:], stride, [(p, p) for p in padding], dilation, groups)
    padded = np.pad(x, [(0, 0), *((p, p) for p in padding)])
    want = np.zeros(shape)
    for o, r, c in product(*map(range, shape)):
        first = o // (6 // groups) * (4 // groups)
        for i, k, m in product(*map(range, w.shape[1:])):
            row, column = r * stride[0] + k * dilation[0], c * stride[1] + m * dilation[1]
            want[o, r, c] += w[o, i, k, m] * padded[first + i, row, column]
    np.testing.assert_allclose(links.of(x.ravel()), want.ravel(), rtol=1e-12, atol=1e-13)
