"""Calls of mathematical functions that are made together: only where nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.backends.llvm.together import calls, together
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.kernels import Array, Kernel, Linked
from rheobase.ir.verify import verify
from tests.backends import BACKENDS
from tests.backends.build import Code, contents, copied, part, run, slot

N = 37


def kernel(code: Code, n_arrays: int) -> Kernel:
    rng = np.random.default_rng(1)
    arrays = tuple(Array(slot(F64, rng.random(N)), Index.OWN) for _ in range(n_arrays))
    return Kernel("together", Elementwise(part(0, N)), arrays, body=tuple(code.ops))


def names(code: Code, n_arrays: int) -> str:
    made = together(kernel(code, n_arrays))
    verify(made)
    return " ".join(op.name for op in made.body)


def test_calls_that_do_not_need_each_other_stand_side_by_side():
    """With what the later one needs before both."""
    code = Code()
    x, y = code.load(0), code.load(1)
    a = code("exp", x)
    b = code("exp", code("mul", code("add", a, a), a))
    c = code("exp", code("neg", y))
    code.store(0, code("add", b, c))
    assert names(code, 2) == "load load neg exp exp add mul exp add store"


def test_different_functions_are_no_pair():
    code = Code()
    x = code.load(0)
    code.store(0, code("add", code("exp", x), code("log", x)))
    assert names(code, 1) == "load exp log add store"


def test_a_load_stays_behind_the_store_before_it():
    code = Code()
    code.store(0, code("exp", code.load(1)))
    code.store(1, code("exp", code.load(0)))
    assert names(code, 2) == "load exp store load exp store"


def test_so_does_a_load_whose_place_is_stored():
    code, link = Code(), slot(I64, np.arange(N)[::-1])
    a = code("exp", code.load(0))
    code.store(1, code("sub", code.const(N - 1), code.index()))
    code.store(0, code("add", a, code("exp", code.load(2))))
    arrays = (
        Array(slot(F64, np.ones(N)), Index.OWN),
        Array(link, Index.OWN),
        Array(slot(F64, np.arange(N)), Linked(1)),
    )
    made = together(Kernel("linked", Elementwise(part(0, N)), arrays, body=tuple(code.ops)))
    assert [op.name for op in made.body] == [op.name for op in code.ops]


def test_divisions_by_exprel_are_calls_of_their_own():
    """y / exprel(x) is y * (x / (e^x - 1)), which is another function than exprel."""
    code = Code()
    x, y = code.load(0), code.load(1)
    a, b = code("exprel", x), code("exprel", y)
    c = code("exprel", code("mul", x, y))
    code.store(0, code("add", code("div", x, a), code("mul", c, code("div", y, b))))
    made = together(kernel(code, 2))
    called = calls(made)
    assert [called[n][0] for n in sorted(called)] == ["exprel"] + ["inverse_exprel"] * 2
    _, first, second = sorted(called)
    assert second == first + 1


@pytest.mark.parametrize("n_calls", range(1, 10))
@pytest.mark.parametrize("name", ["exp", "pow", "sin"])
def test_results_are_those_of_calls_one_by_one(name, n_calls):
    """Any number of calls, of one argument or two, with branches inside or none."""
    code = Code()
    x, y = code.load(0), code.load(1)
    total = x
    for k in range(n_calls):
        z = code("mul", x, code.const(1e9 * k + 1.0))  # sin of large angles is a branch
        called = code(name, z, y) if name == "pow" else code(name, code("neg", z))
        total = code("add", code("mul", total, code.const(0.5)), called)
    code.store(0, total)
    made = kernel(code, 2)
    wanted, met = copied(made), copied(made)
    run(wanted, BACKENDS["numpy"]())
    run(met, BACKENDS["llvm"]())
    for a, b in zip(contents(wanted), contents(met), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-14)
