"""Linear maps between two populations as lists of links, which is what synapses are.

y[targets[k]] += weights[k] * x[sources[k]] for all links k, after delays[k].
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rheobase.records import record

__all__ = ["Links", "blocks", "convolution", "dense", "diagonal", "identity", "later", "then"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@record
class Links:
    """n_links connections from n_in elements to n_out.

    sources, targets   (n_links,)
    weights            (n_links,)
    delays             (n_links,) s
    """

    n_in: int
    n_out: int
    sources: Ints
    targets: Ints
    weights: Floats
    delays: Floats

    def __len__(self) -> int:
        return len(self.weights)

    def of(self, x: Floats) -> Floats:
        """(n_out,) the map of a constant x (n_in,)."""
        sums = np.bincount(self.targets, self.weights * x[self.sources], self.n_out)
        return sums.astype(np.float64)

    def matrix(self) -> Floats:
        """(n_out, n_in) the weights; several links of a pair are added up."""
        found = np.zeros((self.n_out, self.n_in))
        np.add.at(found, (self.targets, self.sources), self.weights)
        return found


def _up_to(n: int) -> Ints:
    return np.arange(n, dtype=np.int64)


def identity(n: int) -> Links:
    """y = x."""
    return diagonal(np.ones(n))


def diagonal(scale: Floats) -> Links:
    """y = scale * x, element by element."""
    each = np.arange(scale.size)
    return Links(scale.size, scale.size, each, each, scale.ravel(), np.zeros(scale.size))


def later(delay: Floats) -> Links:
    """y(t) = x(t - delay), element by element; delays in s."""
    each = np.arange(delay.size)
    return Links(delay.size, delay.size, each, each, np.ones(delay.size), delay.ravel())


def dense(weight: Floats) -> Links:
    """y = weight x, for a matrix (n_out, n_in); zeros make no link."""
    return blocks(weight[np.newaxis])


def blocks(weight: Floats) -> Links:
    """y[k] = weight[k] x[k] for a stack of matrices (n, n_out, n_in)."""
    n, n_out, n_in = weight.shape
    block, target, source = np.nonzero(weight)
    delays = np.zeros(len(block))
    weights = weight[block, target, source]
    return Links(
        n * n_in, n * n_out, block * n_in + source, block * n_out + target, weights, delays
    )


def then(first: Links, second: Links) -> Links:
    """The second map after the first: delays add, weights multiply, links of a pair are merged."""
    order = np.argsort(second.sources, kind="stable")
    counts = np.bincount(second.sources, minlength=second.n_in)
    begins = np.cumsum(counts) - counts
    repeats = counts[first.targets]
    one = np.repeat(np.arange(len(first)), repeats)
    within = np.arange(len(one)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    two = order[np.repeat(begins[first.targets], repeats) + within]
    return _merged(
        Links(
            first.n_in,
            second.n_out,
            first.sources[one],
            second.targets[two],
            first.weights[one] * second.weights[two],
            first.delays[one] + second.delays[two],
        )
    )


def _merged(links: Links) -> Links:
    """One link for each source, target and delay, ordered so."""
    if not len(links):
        return links
    order = np.lexsort((links.delays, links.targets, links.sources))
    keys = np.stack([links.sources, links.targets, links.delays])[:, order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(keys) != 0).any(axis=0)
    begins = np.flatnonzero(is_first)
    kept = order[begins]
    return Links(
        links.n_in,
        links.n_out,
        links.sources[kept],
        links.targets[kept],
        np.add.reduceat(links.weights[order], begins),
        links.delays[kept],
    )


def convolution(
    weight: Floats,
    shape: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
) -> tuple[Links, tuple[int, ...]]:
    """A convolution (cross-correlation, as in machine learning) of any number of dimensions.

    weight    (channels out, channels in / groups, *kernel)
    shape     (*space) of the input, whose channels come first; elements are counted in C order
    padding   zeros before and after, for each dimension

    Returns the map and the shape of the output, channels first. Zeros make no link.
    """
    n_out, per_group, *kernel = weight.shape
    n_in = per_group * groups
    out = tuple(
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(shape, padding, dilation, kernel, stride)
    )
    o = _up_to(n_out).reshape(-1, 1, 1)
    channel = o // (n_out // groups) * per_group + _up_to(per_group).reshape(1, -1, 1)
    sources: list[Ints] = []
    targets: list[Ints] = []
    weights: list[Floats] = []
    for offset in product(*map(range, kernel)):
        source, target = _shifted(offset, shape, out, stride, padding, dilation)
        size = (n_out, per_group, len(source))
        sources.append(np.broadcast_to(channel * np.prod(shape) + source, size).ravel())
        targets.append(np.broadcast_to(o * np.prod(out) + target, size).ravel())
        weights.append(np.broadcast_to(weight[(..., *offset)][..., np.newaxis], size).ravel())
    w = np.concatenate(weights)
    kept = w != 0
    links = Links(
        int(n_in * np.prod(shape)),
        int(n_out * np.prod(out)),
        np.concatenate(sources)[kept].astype(np.int64),
        np.concatenate(targets)[kept].astype(np.int64),
        w[kept],
        np.zeros(int(kept.sum())),
    )
    return links, (n_out, *out)


def _shifted(
    offset: Sequence[int],
    shape: Sequence[int],
    out: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
) -> tuple[Ints, Ints]:
    """Places of the input that one element of the kernel reads, and those of the output."""
    source: Ints = np.zeros(1, np.int64)
    target: Ints = np.zeros(1, np.int64)
    for k, n, m, s, (before, _), d in zip(offset, shape, out, stride, padding, dilation):
        to = _up_to(m)
        at = to * s + k * d - before
        inside = (at >= 0) & (at < n)
        source = (source[:, np.newaxis] * n + at[inside]).ravel()
        target = (target[:, np.newaxis] * m + to[inside]).ravel()
    return source, target
