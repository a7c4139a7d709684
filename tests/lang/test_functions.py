"""The table of functions is consistent, row by row."""

from __future__ import annotations

import pytest

from rheobase.ir.ops import OPS
from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.nodes import Call, names_in, walk

DEFAULTS = (
    *("cos", "sin", "tan", "cosh", "sinh", "tanh", "exp", "log", "log10", "expm1", "exprel"),
    *("log1p", "sqrt", "ceil", "floor", "arccos", "arcsin", "arctan", "abs", "sign", "rand"),
    *("randn", "poisson", "clip", "int", "timestep"),
)


def test_table_holds_the_default_functions():
    """Those that Brian 2 scripts may call; other rows begin with an underscore."""
    assert sorted(f for f in FUNCTIONS if not f.startswith("_")) == sorted(DEFAULTS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_row_is_computed_in_one_way_at_most(name):
    info = FUNCTIONS[name]
    assert sum(x is not None for x in (info.op, info.draws, info.expansion)) <= 1
    assert info.name == name
    assert len(info.dims) == info.arity


@pytest.mark.parametrize("name", FUNCTIONS)
def test_operations_of_a_row_exist(name):
    """Ops are those of the IR ("int" is its cast); expansions and derivatives call other rows."""
    info = FUNCTIONS[name]
    for op in (info.op, info.draws):
        assert op in (None, "int") or op in OPS
    temporaries = {s.target for s in info.body}
    formulas = [f for f in (info.expansion, *info.partials) if f is not None]
    for formula in [*formulas, *(s.value for s in info.body)]:
        assert names_in(formula) <= {*info.parameters, *temporaries}
        called = {n.function for n in walk(formula) if isinstance(n, Call)}
        assert called <= set(FUNCTIONS)


def test_only_draws_of_random_numbers_have_a_state():
    assert [f for f in FUNCTIONS if not FUNCTIONS[f].stateless] == ["rand", "randn", "poisson"]


@pytest.mark.parametrize("name", [f for f in FUNCTIONS if FUNCTIONS[f].sympy])
def test_sympy_knows_the_function(name):
    """Its sympy namesake has the same value at a point."""
    sympy = pytest.importorskip("sympy")
    info = FUNCTIONS[name]
    assert info.python is not None
    expected = float(getattr(sympy, info.sympy)(sympy.Float("0.3")))
    assert float(info.python(0.3)) == pytest.approx(expected, rel=1e-15)
