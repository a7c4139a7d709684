"""Numbers of discrete distributions: the same on both backends, distributed as the table says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rheobase.backends.llvm.kernels import lanes_of
from rheobase.backends.llvm.text import Host
from rheobase.backends.reference.code import draw_discrete
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.kernels import Array, Kernel, Stream
from rheobase.ir.verify import InvalidKernelError, verify
from tests.backends import BACKENDS
from tests.backends.build import Code, part, run, slot, stream

WHOLE = 1 << 63


def drawing(table: list[int], n: int, source: Stream, in_scalars: bool = False) -> Kernel:
    """x = discrete + discrete/1000; in scalars: something shared is written, too."""
    code = Code()
    first, second = (code("discrete", code.const(k), dtype=I64, attr=1) for k in (0, 2))
    x = code("div", code.cast(second, F64), code.const(1e3))
    code.store(0, code("add", code.cast(first, F64), x))
    if in_scalars:
        code.store(2, code.const(0.0))
    arrays = (
        Array(slot(F64, np.zeros(n)), Index.OWN),
        Array(slot(I64, table), Index.SHARED),
        Array(slot(F64, 0.0), Index.SHARED),
    )
    return Kernel("discrete", Elementwise(part(0, n)), arrays, body=tuple(code.ops), stream=source)


def drawn(backend: str, table: list[int], n: int, source: Stream, in_scalars: bool = False):
    kernel = drawing(table, n, source, in_scalars)
    verify(kernel)
    assert (lanes_of(kernel, Host(lanes=8, fma=True)) == 1) is (in_scalars or n == 1)
    run(kernel, BACKENDS[backend]())
    return kernel.arrays[0].slot.data[:n].copy()


THIRDS = [WHOLE // 3, WHOLE // 3 * 2]
STEEP = [WHOLE - (WHOLE >> k) for k in range(1, 40)]
TABLES = [[], [1], [WHOLE - 1], THIRDS, STEEP, [WHOLE // 2] * 3]


@pytest.mark.parametrize("in_scalars", [False, True])
@pytest.mark.parametrize("table", TABLES)
def test_all_backends_draw_the_same_numbers(table, in_scalars):
    """In vectors and in scalars, up to incomplete vectors, for seeds and steps beyond 32 bits."""
    for n, seed, step in [(1, 0, 0), (15, 3, 7), (100, 2**62 + 1, 2**33 + 5)]:
        source = stream(seed, 5, step)
        first, *others = (drawn(b, table, n, source, in_scalars) for b in BACKENDS)
        for other in others:
            np.testing.assert_array_equal(other, first)
        np.testing.assert_array_equal(drawn("llvm", table, n, source, not in_scalars), first)


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
def test_numbers_follow_the_thresholds(backend):
    source = stream(8)
    table = np.round(np.cumsum([0.1, 0.25, 0.05, 0.5]) * WHOLE).astype(np.uint64).tolist()
    numbers = drawn(backend, table, 40_000, source)
    for k in (np.floor(numbers), np.round(numbers * 1000) % 1000):
        counts = np.bincount(k.astype(int), minlength=5)
        assert stats.chisquare(counts, np.array([0.1, 0.25, 0.05, 0.5, 0.1]) * 40_000).pvalue > 1e-3


@pytest.mark.parametrize("in_scalars", [False, True])
def test_further_bits_decide_where_the_first_32_are_those_of_a_threshold(in_scalars):
    """Thresholds at the numbers that are drawn, and beside them."""
    source, n = stream(2), 64
    numbers = draw_discrete(source, np.arange(n), 0, 0)
    for shift in (-1, 0, 1):
        table = np.sort(numbers[::5] + shift)
        wanted = np.searchsorted(table, numbers, side="right")
        met = drawn("llvm", table.tolist(), n, source, in_scalars)
        np.testing.assert_array_equal(np.floor(met), wanted)


def test_elements_that_share_words_and_draws_of_one_element_are_independent():
    numbers = drawn("numpy", [WHOLE // 2], 160_000, stream(4))
    bits = np.floor(numbers).reshape(-1, 4, 4)  # (groups, words, blocks)
    second = (np.round(numbers * 1000) % 1000).reshape(bits.shape)
    bound = 4 / np.sqrt(bits[:, 0].size)
    for k in range(1, 4):
        assert abs(np.corrcoef(bits[:, 0].ravel(), bits[:, k].ravel())[0, 1]) < bound
    assert abs(np.corrcoef(bits.ravel(), second.ravel())[0, 1]) < bound


@pytest.mark.parametrize("draw", ["load", 0xFFFE, -1, 1])
def test_the_number_of_a_draw_is_a_constant_of_its_own(draw):
    code = Code()
    taken = code("discrete", code.const(0), dtype=I64, attr=0)
    number = code.load(0, I64) if draw == "load" else code.const(draw)
    code.store(1, code("add", taken, code("discrete", number, dtype=I64, attr=0)))
    arrays = (
        Array(slot(I64, [5]), Index.SHARED),
        Array(slot(I64, np.zeros(3)), Index.OWN),
    )
    kernel = Kernel("x", Elementwise(part(0, 3)), arrays, body=tuple(code.ops), stream=stream())
    with pytest.raises(InvalidKernelError, match=r"has a number from 0|made twice"):
        verify(kernel)
