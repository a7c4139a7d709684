"""Expression and Statements: checked texts that stand wherever a text may."""

from __future__ import annotations

import copy
import pickle

import pytest

from rheobase import Expression, NeuronGroup, Statements, Synapses, ms, mV, run
from rheobase.errors import EquationError, ModelSyntaxError
from rheobase.lang.parse import parse_expression


def test_names_become_other_names_or_values() -> None:
    """A value stands in parentheses, as its repr."""
    assert Expression("v > v_th", v_th=10 * mV).code == "v > (10. * mvolt)"
    assert Statements("g += k*w\nk = g", g="g_e", w=2).code == "g_e += k*(2)\nk = g_e"


def test_identifiers_are_all_names() -> None:
    assert Expression("exp(v/mV) > a").identifiers == {"exp", "v", "mV", "a"}
    assert Statements("v = exp(x); w += 2").identifiers == {"v", "exp", "x", "w"}


def test_expression_equals_its_text_and_its_tree() -> None:
    expr = Expression("x + 1")
    assert expr == "x + 1"
    assert expr == parse_expression("x+1")
    assert parse_expression("x+1") == expr
    assert expr != Expression("x + 2")
    assert expr != parse_expression("x")
    assert len({expr, Expression("x + 1")}) == 1


@pytest.mark.parametrize("made", [Expression("x + a", a=2), Statements("x = a", a=2)])
def test_copies_are_equal_and_of_the_same_class(made: Expression | Statements) -> None:
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), eval(repr(made))):
        assert again == made
        assert type(again) is type(made)


def test_faults_are_found_at_once() -> None:
    with pytest.raises(ModelSyntaxError, match="operator is missing"):
        Expression("v 5 * mV")
    with pytest.raises(EquationError, match=r"'g' is assigned to: no value can replace it"):
        Statements("g += w", g=3)
    with pytest.raises(ModelSyntaxError, match="is an array"):
        Expression("g + w", g=[1, 2])
    with pytest.raises(TypeError, match="takes a text, not int"):
        Expression(5)  # type: ignore[arg-type]


def test_objects_take_them_in_place_of_texts() -> None:
    """Threshold, reset, on_pre, connect and values."""
    cells = NeuronGroup(
        3,
        "dv/dt = -v/(10*ms) : 1",
        threshold=Expression("v > limit", limit=1),
        reset=Statements("v -= jump", jump=2),
    )
    cells.v = Expression("i*factor", factor=1)
    synapses = Synapses(cells, cells, "w : 1", on_pre=Statements("v_post += x", x="w"))
    synapses.connect(Expression("i != k", k="j"))
    assert len(synapses) == 6
    run(0.1 * ms)
    assert cells.v[2] < 0.01
