"""A sample of the search that `python -m tests.fuzz.expressions` does at length."""

from __future__ import annotations

import numpy as np

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.reference import ReferenceBackend
from rheobase.lang.evaluate import evaluate
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Type
from tests.fuzz.expressions import bounds, compare, run_backend, search, wrong_elements
from tests.fuzz.typed import SYMBOLS, N, values


def test_random_expressions_mean_the_same_everywhere() -> None:
    """50 well-typed expressions: LLVM, the reference and direct evaluation within 4 ulp a node."""
    nodes, found = search(50, seed=20261123)
    assert not found
    assert len(nodes) > 25


def test_bound_holds_what_rounding_explains_and_no_more() -> None:
    """A result 100 ulp off is wrong, one 3 ulp off is right; nan and inf must be exactly so."""
    expr = parse_expression("exp(x)*y")
    variables = values(np.random.default_rng(1))
    bounded = bounds(expr, variables)
    value = bounded.value.astype(np.float64)
    ordinary = np.isfinite(value) & (np.abs(value) > 1e-200) & (np.abs(value) < 1e200)
    near, far = value * (1 + 6e-16), value * (1 + 2e-14)
    assert not np.intersect1d(wrong_elements(bounded, near), np.flatnonzero(ordinary)).size
    assert np.isin(np.flatnonzero(ordinary), wrong_elements(bounded, far)).all()
    assert np.isin(np.flatnonzero(ordinary), wrong_elements(bounded, value * np.nan)).all()


def test_comparison_at_a_tie_may_go_either_way() -> None:
    """Where a rounding of the operands decides, both answers are right, elsewhere one."""
    variables = {n: np.ones(N) for n in SYMBOLS} | {"x": np.linspace(0.0, 1.0, N)}
    bounded = bounds(parse_expression("exp(x) < exp(1.0)"), variables)
    assert bounded.error[:-1].max() == 0
    assert bounded.error[-1] > 0


def test_int_of_what_is_no_integer_is_the_same_everywhere() -> None:
    """nan gives 0, what is too large the nearest 64-bit integer."""
    numbers = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300, -2.7, 2.7] * 10)[:N]
    variables = values(np.random.default_rng(1)) | {"x": numbers}
    expr = parse_expression("int(x)")
    (met,) = run_backend(ReferenceBackend(), [(expr, Type.INTEGER)], variables)
    np.testing.assert_array_equal(met, evaluate(expr, {"x": numbers}))
    low, high = -(2**63), 2**63 - 1
    assert met[:7].tolist() == [0, high, low, high, low, -2, 2]


def test_integer_to_a_literal_power_is_an_integer_everywhere() -> None:
    """0 and powers beyond those of repeated products as well: modulo 2**64."""
    variables = values(np.random.default_rng(1))
    for power in (0, 1, 2, 63, 64, 65, 128, 130, 1000):
        expr = parse_expression(f"k**{power} // n")
        (met,) = run_backend(ReferenceBackend(), [(expr, Type.INTEGER)], variables)
        np.testing.assert_array_equal(met, evaluate(expr, variables))


def test_powers_of_floats_keep_to_their_bound() -> None:
    """Whether by products or by pow: 4 ulp, at every exponent."""
    variables = values(np.random.default_rng(2))
    exprs = [
        (parse_expression(f"x**{n}"), Type.FLOAT) for n in (2, 3, 5, 7, 8, 9, 16, 40.0, 64, 90)
    ]
    assert not compare(exprs, variables, {"llvm": LlvmBackend(), "numpy": ReferenceBackend()})
