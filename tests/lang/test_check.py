"""Types and dimensions; the messages themselves are in tests/messages."""

from __future__ import annotations

import pytest

from rheobase.errors import DimensionMismatchError, FaultList, ModelSyntaxError, ModelTypeError
from rheobase.lang.check import check_expression, check_statements, infer
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.scope import Scope, default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.units.dimensions import DIMENSIONLESS
from rheobase.units.registry import lookup_unit


def dim(unit: str):
    """The dimension of a unit or of '1'."""
    unit_found = lookup_unit(unit)
    return DIMENSIONLESS if unit_found is None else unit_found.dim


F, I, B = Type.FLOAT, Type.INTEGER, Type.BOOLEAN
SCOPE = {
    s.name: s
    for s in (
        Symbol("v", F, dim("volt")),
        Symbol("w", F, dim("volt")),
        Symbol("I", F, dim("amp")),
        Symbol("x", F),
        Symbol("k", I),
        Symbol("m", I),
        Symbol("b", B),
        Symbol("c", B),
        Symbol("s", F, dim("volt"), shared=True),
        Symbol("n2", I, shared=True, constant=True, value=2),
        Symbol("half", F, shared=True, constant=True, value=0.5),
        Symbol("noisy", F, meaning=parse_expression("2*noise2")),
        Symbol("noise2", F, meaning=parse_expression("randn()")),
    )
}


def kind_of(text: str):
    faults = FaultList()
    kind = infer(parse_expression(text), SCOPE, faults)
    assert not faults.faults, [f.message for f in faults.faults]
    return kind


def faults_of(text: str):
    faults = FaultList()
    infer(parse_expression(text), SCOPE, faults)
    return faults.faults


@pytest.mark.parametrize(
    "text, type_",
    [
        ("1", I), ("1.0", F), ("True", B), ("k + m", I), ("k*m", I), ("k - m", I), ("-k", I),
        ("k/m", F), ("k//m", I), ("k % m", I), ("k + 1.0", F), ("k**2", I), ("k**0.5", F),
        ("k**m", F), ("k**-1", F), ("b + 1", I), ("b*x", F), ("b - c", I), ("b + c", I),
        ("x//2", F),
        ("x > 0", B), ("b and c", B), ("not b", B), ("1 < x < 2", B), ("b == c", B), ("b == 1", B),
        ("abs(k)", I), ("abs(x)", F), ("abs(b)", I), ("sign(k)", I), ("clip(k, 0, 1)", I),
        ("clip(k, 0, 1.5)", F), ("floor(k)", F), ("int(x)", I), ("int(b)*2", I), ("exp(k)", F),
        ("timestep(1*ms, 1*us)", I), ("rand()", F), ("k if b else m", I), ("k if b else x", F),
        ("b if c else b", B),
    ],
)  # fmt: skip
def test_type_of(text, type_):
    assert kind_of(text).type is type_


@pytest.mark.parametrize(
    "text, unit",
    [
        ("v*I", "watt"), ("v/I", "ohm"), ("v/v", "1"), ("v + 0", "volt"), ("0 - v", "volt"),
        ("v + inf", "volt"), ("-inf + v", "volt"), ("clip(v, -inf, 1*mV)", "volt"),
        ("clip(0, v, v)", "volt"), ("v if b else 0", "volt"), ("v % mV", "volt"),
        ("sqrt(v*v)", "volt"), ("(v**2)**half", "volt"), ("v**(n2 - 1)", "volt"),
        ("v**(1/2)*v**0.5", "volt"), ("x**x", "1"), ("v**0", "1"), ("sign(v)", "1"),
        ("floor(v)", "volt"), ("abs(v)", "volt"), ("v*(x > 0)", "volt"), ("int(v > 0)", "1"),
        ("exp(v/mV)", "1"), ("1/second", "hertz"), ("v > -inf", "1"), ("0*v + v", "volt"),
    ],
)  # fmt: skip
def test_dimension_of(text, unit):
    assert kind_of(text).dim is dim(unit)


@pytest.mark.parametrize(
    "text, n_faults",
    [
        ("v + I", 1), ("v + 1", 1), ("(v + I)*x + exp(v)", 2), ("v < x", 1), ("v // mV", 2),
        ("exp(v + I)", 1), ("v**x", 1), ("v**v", 2), ("unknown + v + I", 2), ("(v + q)*q", 1),
        ("q(v + I)", 2), ("exp(v, v)", 1), ("sin", 1), ("not x", 1), ("b and x and k", 2),
        ("-b", 1),
        ("x if k else v", 2), ("clip(v, I, x)", 2), ("v**q", 1), ("0 < rand() < x", 1),
        ("0 < noisy < x", 1), ("v + x*0", 1),
    ],
)  # fmt: skip
def test_every_fault_is_found_once(text, n_faults):
    """And what follows from a fault is silent."""
    assert len(faults_of(text)) == n_faults


def test_flags_come_from_all_parts():
    """Shared, constant and stateless are what all parts are."""
    assert (kind_of("s*2").shared, kind_of("s*x").shared) == (True, False)
    assert (kind_of("n2*mV").constant, kind_of("s*2").constant) == (True, False)
    assert (kind_of("rand()").constant, kind_of("rand()").stateless) == (False, False)
    assert not kind_of("1 + noisy").stateless  # through two subexpressions
    assert kind_of("exp(x)").stateless


def test_scope_hides_a_unit():
    """A variable named like a unit is the variable."""
    scope = Scope({"mV": Symbol("mV", I)})
    assert infer(parse_expression("mV"), scope, FaultList()).type is I
    assert scope["ms"] == default_symbol("ms")
    assert "nothing" not in scope


def test_check_expression_gives_zero_the_wanted_dimension():
    faults = FaultList()
    kind = check_expression(parse_expression("0"), SCOPE, dim("volt"), faults, "v")
    assert kind is not None
    assert kind.dim is dim("volt")
    assert not faults.faults


def test_check_expression_names_what_has_the_wrong_dimension():
    faults = FaultList()
    assert check_expression(parse_expression("I"), SCOPE, dim("volt"), faults, "dv/dt") is None
    (fault,) = faults.faults
    assert fault.error is DimensionMismatchError
    assert fault.message.startswith("dv/dt is in volt, but I is in amp.")


# ------------------------------------------------------------------ statements
def block(text: str):
    faults = FaultList()
    return check_statements(parse_statements(text), SCOPE, faults), faults.faults


def test_unknown_targets_become_temporaries():
    made, faults = block("q = v*2; v = q; n = k; flag = x > 0; r = rand(); a = 3")
    assert not faults
    found = {n: (s.type, s.dim, s.shared) for n, s in made.items()}
    assert found == {
        "q": (F, dim("volt"), False),
        "n": (I, DIMENSIONLESS, False),
        "flag": (B, DIMENSIONLESS, False),
        "r": (F, DIMENSIONLESS, False),  # one number for each element
        "a": (I, DIMENSIONLESS, True),
    }


def test_a_later_float_widens_a_temporary():
    made, faults = block("q = 1; q = x")
    assert not faults
    assert made["q"].type is F
    assert not made["q"].shared


@pytest.mark.parametrize(
    "text",
    ["k = x", "k /= 2", "b = x", "x = b", "v = 0", "v -= inf", "v *= 2", "v /= x", "v %= mV",
     "k **= 2", "s = 1*volt", "s = rand()*mV", "s *= 2", "x //= 2", "v += w; v -= mV"],
)  # fmt: skip
def test_statement_is_accepted(text):
    """A variable takes any number of its dimension."""
    assert block(text)[1] == []


@pytest.mark.parametrize(
    "text, error",
    [
        ("v = x", DimensionMismatchError),
        ("v += x", DimensionMismatchError),
        ("v *= mV", DimensionMismatchError),
        ("v **= 2", DimensionMismatchError),
        ("q = v; q = x", DimensionMismatchError),
        ("b += 1", ModelTypeError),
        ("s = v", ModelSyntaxError),
        ("s += v", ModelSyntaxError),
        ("mV = 1", ModelSyntaxError),
    ],
)
def test_statement_is_refused(text, error):
    (fault,) = block(text)[1]
    assert fault.error is error


def test_a_broken_temporary_makes_no_further_faults():
    made, faults = block("q = v + I; z = q*x; z += 3; w = z")
    assert len(faults) == 1
    assert made == {}
