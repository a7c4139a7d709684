"""The membrane current as slope times potential plus rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.errors import ModelTypeError
from rheobase.lang.fold import evaluate
from rheobase.lang.nodes import names_in
from rheobase.lang.parse import parse_expression
from rheobase.model.spatial.currents import split

LINEAR = st.recursive(
    st.sampled_from(["v", "g", "E", "2.0", "v*g", "exp(g)"]),
    lambda x: st.one_of(
        st.tuples(x, st.sampled_from("+-"), x).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        x.map(lambda e: f"(-{e})"),
        x.map(lambda e: f"(g*{e})"),
        x.map(lambda e: f"({e}/E)"),
    ),
    max_leaves=8,
)


def value(expr, v):
    return float(evaluate(expr, {"v": v, "g": 0.7, "E": -1.3}))


@given(text=LINEAR, v=st.floats(-3, 3))
def test_a_linear_current_is_split_into_two_that_do_not_depend_on_it(text, v):
    expr = parse_expression(text)
    slope, rest = split(expr, "v")
    assert "v" not in names_in(slope) | names_in(rest)
    np.testing.assert_allclose(value(slope, v) * v + value(rest, v), value(expr, v), atol=1e-9)


@pytest.mark.parametrize(
    "text", ["g*(E - v)*exp(-v)", "g*exp(v) - v", "v*v", "v**2 + v", "(E - v)/(1 + exp(v))"]
)
@pytest.mark.parametrize("v", [-2.0, 0.3, 1.0])
def test_any_current_is_the_sum_of_its_parts(text, v):
    expr = parse_expression(text)
    slope, rest = split(expr, "v")
    np.testing.assert_allclose(value(slope, v) * v + value(rest, v), value(expr, v), rtol=1e-12)


def test_a_driving_force_times_a_gate_that_depends_on_v_is_a_conductance():
    slope, rest = split(parse_expression("g*(E - v)/(1 + exp(v))"), "v")
    np.testing.assert_allclose(value(slope, 0.5), -0.7 / (1 + np.exp(0.5)))
    np.testing.assert_allclose(value(rest, 0.5), -0.7 * 1.3 / (1 + np.exp(0.5)))


@pytest.mark.parametrize("text", ["g*clip(E - v, -1, 1)", "g*(E - v + mine(v))"])
def test_a_current_that_hides_its_conductance_is_refused(text):
    with pytest.raises(ModelTypeError, match="hides how much of the membrane current"):
        split(parse_expression(text), "v")
