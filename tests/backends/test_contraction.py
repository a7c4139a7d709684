"""A product that is added to something is rounded once, together with the sum; other sums twice."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rheobase.backends.llvm import LlvmBackend
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.dtypes import F64
from rheobase.ir.kernels import Array, Kernel
from tests.backends.build import Code, part, run, slot

N = 200
A, B, C = (np.random.default_rng(k).normal(size=N) for k in range(3))


def result(write) -> np.ndarray:
    """What a kernel leaves in c; write(code, a, b, c) is its code."""
    code = Code()
    write(code, *(code.load(k) for k in range(3)))
    arrays = tuple(Array(slot(F64, x), Index.OWN) for x in (A, B, C))
    kernel = Kernel("sum", Elementwise(part(0, N)), arrays, body=tuple(code.ops))
    run(kernel, LlvmBackend())
    return arrays[2].slot.data


def exactly(a: int, b: int) -> list[float]:
    """a x y + b z, rounded once, for the elements x, y, z; numbers of Fraction are exact."""
    return [float(a * Fraction(x) * Fraction(y) + b * Fraction(z)) for x, y, z in zip(A, B, C)]


SUMS = {
    "a*b + c": (lambda k, a, b, c: k.store(2, k("add", k("mul", a, b), c)), (1, 1)),
    "c + a*b": (lambda k, a, b, c: k.store(2, k("add", c, k("mul", a, b))), (1, 1)),
    "a*b - c": (lambda k, a, b, c: k.store(2, k("sub", k("mul", a, b), c)), (1, -1)),
    "c - a*b": (lambda k, a, b, c: k.store(2, k("sub", c, k("mul", a, b))), (-1, 1)),
    "c += a*b": (lambda k, a, b, c: k("accumulate", k("mul", a, b), attr=2), (1, 1)),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_product_is_rounded_with_its_sum(name):
    write, signs = SUMS[name]
    np.testing.assert_array_equal(result(write), exactly(*signs))


def test_a_product_that_is_used_twice_is_rounded_by_itself():
    """Both uses see the same number."""

    def write(k, a, b, c):
        product = k("mul", a, b)
        k.store(2, k("add", k("add", product, c), k("neg", product)))

    np.testing.assert_array_equal(result(write), (A * B + C) - A * B)
