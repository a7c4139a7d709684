"""Folding, linear parts and derivatives, against direct evaluation and mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rheobase.errors import ModelValueError, UnknownNameError, UnsupportedEquationsError
from rheobase.lang.fold import derivative, evaluate, fold, linear_coefficients
from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.nodes import (
    Binary,
    Call,
    Conditional,
    Name,
    Number,
    Unary,
    names_in,
    render,
    substitute,
)
from rheobase.lang.parse import parse_expression

from .strategies import NAMES, arithmetic, conditions, leaves, names, typed_numbers

specials = st.sampled_from((0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 1e300))


@given(typed_numbers(), st.tuples(*[specials] * len(NAMES)))
def test_folding_changes_no_bit(tree, point):
    """Also at inf, nan and -0.0, and in the sign of zero."""
    values = dict(zip(NAMES, point))
    before, after = evaluate(tree, values), evaluate(fold(tree), values)
    assert before.dtype == after.dtype
    np.testing.assert_array_equal(before, after)
    assert np.isnan(before) or np.signbit(before) == np.signbit(after)


@pytest.mark.parametrize(
    "text, folded",
    [
        ("x*1", "x"),
        ("1*x", "x"),
        ("x*1.0", "x*1.0"),  # x may be an integer
        ("exp(x)*1.0", "exp(x)"),
        ("x/1", "x/1"),
        ("x + 0", "x + 0"),  # -0.0
        ("x - 0", "x"),
        ("x*0", "x*0"),  # inf
        ("x**1", "x"),
        ("2*3 + 4", "10"),
        ("7//2 + 7 % 4", "6"),
        ("1/0", "1/0"),
        ("1//0", "1 // 0"),
        ("2**70", "2**70"),
        ("2.0**3", "8.0"),
        ("--x", "x"),
        ("-(2)", "-2"),
        ("exp(0)", "1.0"),
        ("rand()", "rand()"),
        ("x > 0 and True", "x > 0"),
        ("x > 0 or True", "True"),
        ("not 1 > 2", "True"),
        ("1.5 if 2 > 1 else x", "1.5"),
        ("9223372036854775807 + 1", "9223372036854775807 + 1"),
        ("(0 - 8)**0.5", "-8**0.5"),
    ],
)
def test_what_is_folded_and_what_is_not(text, folded):
    assert render(fold(parse_expression(text))).replace("(-8)", "-8") == folded


# ------------------------------------------------------------------ linear parts
_free = arithmetic(st.one_of(st.just(Name("z")), leaves.filter(lambda n: n in (Number(2),))))


def _linear(inner):
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-"), inner, inner),
        st.builds(Binary, st.just("*"), inner, _free),
        st.builds(Binary, st.just("*"), _free, inner),
        st.builds(Binary, st.just("/"), inner, _free),
        st.builds(Unary, st.just("-"), inner),
        st.builds(
            Conditional,
            conditions().map(lambda c: substitute(c, {"x": Name("z"), "y": Name("z")})),
            inner,
            inner,
        ),
    )


linear_trees = st.recursive(st.one_of(names, _free), _linear, max_leaves=8)


@given(linear_trees, st.tuples(*[st.floats(0.5, 2)] * len(NAMES)))
def test_linear_parts_add_up(tree, point):
    """sum of a_j*name_j + b equals the expression, and a_j and b are free of the names."""
    values = dict(zip(NAMES, point))
    parts = linear_coefficients(tree, ("x", "y"))
    assert parts is not None
    factors, rest = parts
    assert not (names_in(rest).union(*map(names_in, factors.values())) & {"x", "y"})
    expected = float(evaluate(tree, values))
    terms = [float(evaluate(a, values)) * values[n] for n, a in factors.items()]
    terms.append(float(evaluate(rest, values)))
    assume(np.isfinite([expected, *terms]).all())
    scale = max(1e-9, abs(expected), *map(abs, terms))
    assume(scale < 1e6)
    np.testing.assert_allclose(sum(terms), expected, rtol=1e-7, atol=1e-7 * scale)


@pytest.mark.parametrize(
    "text",
    [
        *("x*y", "x**2", "1/x", "exp(x)", "x % 2", "x // 2", "x > 0", "z if x > 0 else 1"),
        *("abs(x)", "x**y", "x*(1 + y)", "2**x", "clip(x, 0, 1)", "int(x > 0)*z", "x*x"),
    ],
)
def test_nonlinear_expression_has_no_linear_parts(text):
    assert linear_coefficients(parse_expression(text), ("x", "y")) is None


@pytest.mark.parametrize(
    "text, a, b",
    [
        ("x", "1", "0"),
        ("z", "0", "z"),
        ("x - x", "0", "0"),
        ("(z - x)/2", "-0.5", "z/2"),
        ("(z - x)/y", "-1/y", "z/y"),
        ("x**1 + 3", "1", "3"),
        ("2*x + 3*x", "5", "0"),
        ("x if z > 0 else 1", "1 if z > 0 else 0", "0 if z > 0 else 1"),
        ("-(x - z)", "-1", "z"),
    ],
)
def test_linear_parts_of(text, a, b):
    parts = linear_coefficients(parse_expression(text), ["x"])
    assert parts is not None
    assert (render(parts[0]["x"]), render(parts[1])) == (a, b)


# ------------------------------------------------------------------ derivatives
@given(arithmetic(leaves), st.floats(0.3, 0.9), st.floats(1.1, 1.9))
def test_derivative_is_the_limit_of_differences(tree, x, y):
    """Against mpmath's numerical derivative of the same tree at 40 digits."""
    values = {"x": x, "y": y, "z": 0.7}
    with mpmath.workdps(40):
        try:
            expected = mpmath.diff(lambda t: _exact(tree, {**values, "x": t}), mpmath.mpf(x))
            size = abs(_exact(tree, values))
        except (ZeroDivisionError, OverflowError, ValueError):
            return
    assume(abs(expected) < 1e5 and size < 1e5)
    found = float(evaluate(derivative(tree, "x"), values))
    assume(np.isfinite(found))
    assert found == pytest.approx(float(expected), rel=1e-6, abs=1e-6)


_MP = {"exprel": lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1), "arctan": mpmath.atan}


def _exact(node, values):
    """The value by mpmath."""
    match node:
        case Number(value=value):
            return mpmath.mpf(value)
        case Name(id=name):
            return mpmath.mpf(values[name])
        case Unary(op=op, operand=x):
            return -_exact(x, values) if op == "-" else _exact(x, values)
        case Binary(op=op, left=a, right=b):
            left, right = _exact(a, values), _exact(b, values)
            return (
                {"+": left + right, "-": left - right, "*": left * right}.get(op)
                if op != "/"
                else left / right
            )
        case Call(function=f, args=(x,)):
            return _MP.get(f, getattr(mpmath, f, None))(_exact(x, values))


@pytest.mark.parametrize("name", [f for f in FUNCTIONS if FUNCTIONS[f].partials])
def test_partial_derivatives_of_every_row(name):
    """Each partial of the table agrees with a central difference, at several points."""
    info = FUNCTIONS[name]
    points = {
        1: [(0.3,), (0.7,), (0.04,), (0.06,)],
        2: [(0.3, 0.7), (1.7, 0.4)],
        3: [(0.5, 0.1, 0.9), (0.05, 0.1, 0.9), (1.5, 0.1, 0.9)],
    }[info.arity]
    assert len(info.partials) == info.arity
    for point in points:
        for k, partial in enumerate(info.partials):
            assert partial is not None
            h = 1e-6
            up, down = list(point), list(point)
            up[k] += h
            down[k] -= h
            assert info.python is not None
            expected = (info.python(*up) - info.python(*down)) / (2 * h)
            found = evaluate(partial, dict(zip(info.parameters, point)))
            assert float(found) == pytest.approx(float(expected), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("x", [1e-12, 1e-3, 0.0499, 0.0501, -0.03, 0.0, 2.0, -30.0])
def test_derivative_of_exprel_keeps_its_digits(x):
    found = float(evaluate(derivative(parse_expression("exprel(x)"), "x"), {"x": x}))
    with mpmath.workdps(60):
        t = mpmath.mpf(x)
        exact = mpmath.mpf(1) / 2 if x == 0 else (mpmath.exp(t) * (t - 1) + 1) / t**2
    assert found == pytest.approx(float(exact), rel=2e-13)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("x**3", "3 * x**2"),
        ("x**y", "y * x**(y - 1)"),
        ("2**x", "2**x * log(2)"),
        ("x % y", "1"),
        ("x // y", "0"),
        ("x > y", "0"),
        ("x if y > 0 else 3*x", "1 if y > 0 else 3"),
        ("y", "0"),
        ("poisson(y) + rand()*x", "rand()"),
    ],
)
def test_derivative_of(text, expected):
    found = derivative(parse_expression(text), "x")
    values = {"x": 1.25, "y": 0.75}
    if "rand" in text:
        assert render(found) == expected
        return
    reference = evaluate(parse_expression(expected), values)
    np.testing.assert_allclose(evaluate(found, values), reference, rtol=1e-14)


def test_unknown_derivative_is_an_error():
    with pytest.raises(UnsupportedEquationsError, match=r"derivative of poisson\(\) is not known"):
        derivative(parse_expression("poisson(x)"), "x")


# ------------------------------------------------------------------ evaluation
def test_units_and_constants_have_their_values():
    found = evaluate(parse_expression("2*mV*pi + e*volt"), {})
    assert float(found) == pytest.approx(2e-3 * np.pi + np.e, rel=1e-15)


def test_arrays_broadcast():
    found = evaluate(parse_expression("x + y"), {"x": np.arange(3), "y": 0.5})
    np.testing.assert_array_equal(found, [0.5, 1.5, 2.5])


@pytest.mark.parametrize(
    "text, value",
    [
        ("b + b", 2),
        ("b*3", 3),
        ("7 // 2", 3),
        ("(0 - 7) // 2", -4),
        ("(0 - 7) % 3", 2),
        ("7 // 0", 0),
        ("2**10", 1024),
        ("2**(0 - 1)", 0.5),
        ("7/2", 3.5),
        ("int(0 - 2.7)", -2),
        ("clip(5, 0, 3)", 3),
        ("timestep(0.3, 0.1)", 3),
        ("abs(0 - 3)", 3),
        ("sign(b)", 1),
        ("exprel(0)", 1.0),
        ("1 if b else 2.5", 1.0),
    ],
)
def test_value_and_type_of(text, value):
    """Integers stay integers, booleans count."""
    found = evaluate(parse_expression(text), {"b": True})
    assert found == value
    assert found.dtype == (np.int64 if isinstance(value, int) else np.float64)


def test_missing_value_is_an_unknown_name():
    with pytest.raises(UnknownNameError, match="'q' has no value here"):
        evaluate(parse_expression("q + 1"), {})


def test_random_number_has_no_value():
    with pytest.raises(ModelValueError, match=r"rand\(\) is random"):
        evaluate(parse_expression("rand()"), {})
