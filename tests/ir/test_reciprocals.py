"""Divisions by what does not change become products, where nothing is decided by the result."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.dtypes import BOOL, F32, F64, I64, DType
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.passes import hoist, multiply_by_reciprocals
from rheobase.ir.verify import verify
from tests.backends.build import Code, part, run, slot

N = 1000


def kernel(code: Code, dtype: DType = F64, out: DType | None = None) -> tuple[Kernel, np.ndarray]:
    """x, own; d, shared; y, own: what the last op but the store has made."""
    rng = np.random.default_rng(1)
    x = slot(dtype, rng.lognormal(0, 20, N))
    y = slot(out or dtype, np.zeros(N))
    arrays = Array(x, Index.OWN), Array(slot(dtype, [0.07]), Index.SHARED), Array(y, Index.OWN)
    made = hoist(Kernel("k", Elementwise(part(0, N)), arrays, body=tuple(code.ops)))
    verify(made)
    return made, y.data


def names(k: Kernel) -> list[str]:
    return [op.name for op in k.body]


@pytest.mark.parametrize("dtype", [F64, F32])
def test_quotients_are_next_to_those_of_a_division(dtype):
    code = Code()
    x, d = code.load(0, dtype), code.load(1, dtype)
    code.store(2, code("div", x, d))
    exact, y = kernel(code, dtype)
    run(exact, ReferenceBackend())
    wanted = y.copy()
    changed = multiply_by_reciprocals(exact)
    verify(changed)
    assert "div" in names(exact)
    assert "div" not in names(changed)
    run(changed, ReferenceBackend())
    assert (np.abs(y - wanted) <= 2 * np.spacing(wanted)).all()
    assert (y != wanted).any()


def test_a_divisor_that_changes_stays():
    code = Code()
    code.store(2, code("div", code.load(1), code.load(0)))
    k, _ = kernel(code)
    assert multiply_by_reciprocals(k) is k


@pytest.mark.parametrize(
    "decide",
    [
        lambda c, q: c("gt", q, c.const(1.0)),
        lambda c, q: c("eq", c("mul", q, q), c.const(1.0)),
        lambda c, q: c("gt", c("floor", q), c.const(1.0)),
        lambda c, q: c("gt", c("mod", q, c.const(2.0)), c.const(1.0)),
        lambda c, q: c("eq", c.cast(q, I64), c.const(1, I64)),
    ],
)
def test_what_decides_something_is_divided_exactly(decide):
    code = Code()
    quotient = code("div", code.load(0), code.load(1))
    code.store(2, decide(code, quotient))
    k, _ = kernel(code, out=BOOL)
    assert multiply_by_reciprocals(k) is k
