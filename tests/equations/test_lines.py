"""Reading lines of equations: what is accepted, and where each fault is found."""

from __future__ import annotations

import pytest

from rheobase.equations import Equations
from rheobase.equations.declared import read_unit
from rheobase.errors import EquationError, ModelError, ModelSyntaxError, ModelTypeError, Source
from rheobase.lang.nodes import render
from rheobase.lang.symbols import Type


def one(text: str):
    (equation,) = Equations(text).values()
    return equation


# -------------------------------------------------------------------- forms
@pytest.mark.parametrize(
    "text",
    [
        "dv/dt = -v/tau : volt",
        "dv / dt = -v/tau : volt",
        "d v/dt=-v/tau:volt",
        "  dv/dt\t=  -v/tau   :   volt  ",
        "dv/dt = -v/tau : volt # a comment: with a colon (and flags)",
        "\n\n# before\ndv/dt = -v/tau : volt\n# behind\n",
        "dv/dt = -v\n      /tau : volt",
        "dv/dt = -v/   # first half\n      tau   # second half\n    : volt",
        "dv/dt\n  = -v/tau : volt",
    ],
)
def test_whitespace_comments_and_line_breaks_do_not_matter(text):
    equation = one(text)
    assert equation == one("dv/dt = -v/tau : volt")
    assert (equation.type, equation.varname) == ("differential equation", "v")


def test_the_three_forms():
    found = Equations("dv/dt = w/second : 1\nw = 2*v : 1 (shared)\nn : integer (constant)")
    assert [eq.type for eq in found.values()] == [
        "differential equation",
        "subexpression",
        "parameter",
    ]
    assert [eq.flags for eq in found.values()] == [(), ("shared",), ("constant",)]


def test_flags_may_stand_on_the_next_line():
    text = "v : volt\n   (constant,\n    shared)\nw : 1"
    assert [eq.flags for eq in Equations(text).values()] == [("constant", "shared"), ()]


def test_blanks_inside_flags_do_not_matter():
    assert one("dv/dt = 1/second : 1 (unless   refractory)").flags == ("unless refractory",)


def test_a_comparison_in_an_expression_is_no_second_equals_sign():
    assert render(one("b = v >= 2 and w != 1 or w == 3 : boolean").expr) == (
        "v >= 2 and w != 1 or w == 3"
    )


def test_an_empty_text_has_no_equations():
    assert len(Equations("")) == len(Equations("  \n # nothing \n")) == 0


def test_letters_beyond_ascii_name_variables():
    """Names are normalised as Python does: both kinds of micro sign are one letter."""
    assert list(Equations("dµ/dt = -µ/τ : 1\nτ : second")) == ["μ", "τ"]


def test_places_are_those_of_the_whole_text():
    text = "# model\ndv/dt = -v  # leak\n   + I : volt (unless refractory)"
    equation = one(text)
    assert equation.name_span.text == "v"
    assert equation.flag_spans[0].text == "unless refractory"
    assert equation.expr is not None
    assert equation.expr.right.span.text == "I"  # pyright: ignore
    assert equation.expr.right.span.source.text == text  # pyright: ignore
    assert equation.code == "-v + I" or equation.code.split() == ["-v", "+", "I"]


# -------------------------------------------------------------------- units
@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("volt", "volt"),
        ("1", "1"),
        ("1/second", "hertz"),
        ("Hz", "hertz"),
        ("farad/meter**2", "farad / metre**2"),
        ("amp/(meter**2)", "amp / metre**2"),
        ("amp / ( metre ** 2 )", "amp / metre**2"),
        ("(volt)", "volt"),
        ("volt*siemens", "amp"),
        ("second**-0.5", "second**-0.5"),
        ("second**(-1/2)", "second**-0.5"),
        ("volt**(2)", "volt**2"),
        ("mM", "mmolar"),
        ("mmolar", "mmolar"),
        ("mole/meter3", "mmolar"),
        ("ampere", "amp"),
        ("radian", "1"),
    ],
)
def test_units_without_scale_are_declared(unit, name):
    assert one(f"x : {unit}").dim.name == name


@pytest.mark.parametrize(("unit", "kind"), [("boolean", Type.BOOLEAN), ("integer", Type.INTEGER)])
def test_types_stand_in_the_place_of_a_unit(unit, kind):
    equation = one(f"x : {unit} (constant)")
    assert (equation.var_type, equation.dim.name, equation.flags) == (kind, "1", ("constant",))


def test_a_unit_in_parentheses_is_told_from_flags():
    assert one("x : amp/(meter**2) (constant)").flags == ("constant",)
    assert one("x : 1 (constant)").flags == ("constant",)


def test_the_end_of_a_unit_is_where_the_flags_begin():
    source = Source("x : volt*amp (constant)")
    assert source.text[read_unit(source, 3, 23).end :] == " (constant)"  # pyright: ignore


# -------------------------------------------------------------------- faults
FAULTS = [
    # units
    ("v : mV", "mV", EquationError, "'mV' is 0.001 V: only units without a scale .*Write volt;"),
    ("v : msiemens/cm**2", "msiemens", EquationError, "0.001 S.*Write siemens;"),
    ("v : siemens/cm**2", "cm", EquationError, "'cm' is 0.01 m.*Write metre;"),
    ("v : cm2", "cm2", EquationError, r"Write metre\*\*2;"),
    ("v : gram", "gram", EquationError, "Write kilogram;"),
    ("c : molar", "molar", EquationError, "1000 mol/m.3: a litre is .*Write mmolar;"),
    ("v : vlot", "vlot", EquationError, "'vlot' is not a unit.*Did you mean 'volt'"),
    ("v : xyzzy", "xyzzy", EquationError, "'xyzzy' is not a unit.*Write volt, amp"),
    ("b : bool", "bool", ModelTypeError, "truth value is declared with 'boolean'"),
    ("n : int", "int", ModelTypeError, "whole number is declared with 'integer'"),
    ("x : float", "float", ModelTypeError, "number without unit is declared with '1'"),
    ("x : 2", "2", EquationError, "'2' is a number, not a unit"),
    ("x : 1.0", "1.0", EquationError, "'1.0' is a number, not a unit"),
    ("x : volt*2", "2", EquationError, "'2' is a number, not a unit"),
    ("x : volt/", "", EquationError, "A unit is missing here"),
    ("x : volt amp", "amp", EquationError, "'amp' does not belong behind a unit"),
    ("x : volt^2", "^", EquationError, r"'\^' has no meaning in a unit.*meter\*\*2"),
    ("x : volt : 1", ":", EquationError, "one colon: in front of its unit"),
    ("x : volt**y", "y", EquationError, "A power is a number; here is 'y'"),
    ("x : volt**", "", EquationError, "A power is a number; here is nothing"),
    ("x : volt**(1/0)", "(1/0)", EquationError, "power divides by zero"),
    ("x : amp/(meter**2", "(", EquationError, "This parenthesis is never closed"),
    ("x : boolean*volt", "boolean*", EquationError, "'boolean' is a type and stands alone"),
    ("x : volt*integer", "integer", EquationError, "'integer' is a type and stands alone"),
    ("x : *volt", "*", EquationError, r"'\*' stands where a unit is expected"),
    ("x :", ":", EquationError, "No unit follows this colon"),
    ("x", "x", EquationError, "'x' has no unit: every equation ends in a colon and a unit"),
    ("dv/dt = -v/tau", "u", EquationError, "equation for 'v' has no unit"),
    # left sides
    ("dv/dx = 1 : 1", "dv/dx", EquationError, "with respect to 'x': only time.*Write dv/dt"),
    ("v' = 1 : 1", "v'", EquationError, "A prime has no meaning.*Write dv/dt"),
    ("v += 1 : 1", "v +", EquationError, "cannot change one in place"),
    ("2*v = 1 : 1", "2*v", EquationError, "'2.v' is neither a name nor a derivative"),
    ("= 1 : 1", "=", EquationError, "Nothing stands in front of the '='"),
    (": volt", ":", EquationError, "Nothing stands in front of this colon"),
    ("dv/dt : volt", "dv/dt", EquationError, "derivative has no right-hand side"),
    ("v == 2 : 1", "v == 2", EquationError, "comparison, not an equation"),
    ("v w : 1", "v w", EquationError, "'v w' is not a name"),
    ("v = : 1", "=", EquationError, "Nothing stands between '=' and ':'"),
    ("v =", "=", EquationError, "Nothing follows the '='"),
    # expressions
    ("v = (a + b : 1", "(", ModelSyntaxError, "never closed"),
    ("v = a[0] : 1", None, ModelSyntaxError, "[Ii]ndexing|\\["),
    # types
    ("dn/dt = 1/second : integer", "integer", ModelTypeError, "'n' changes continuously"),
    ("db/dt = 1/second : boolean", "boolean", ModelTypeError, "cannot be boolean"),
    # flags
    ("v : 1 ()", ")", EquationError, "A flag is missing here"),
    ("v : 1 (constant,)", ")", EquationError, "A flag is missing here"),
    ("v : 1 (constant", "(", EquationError, "parenthesis of flags is never closed"),
    ("v : 1 (constant) w", "w", EquationError, "'w' stands behind the flags"),
    ("v : 1 (2)", "2", EquationError, "'2' is not a flag"),
]


@pytest.mark.parametrize(("text", "place", "error", "message"), FAULTS)
def test_every_fault_is_explained_and_located(text, place, error, message):
    with pytest.raises(error, match=f"(?s){message}") as caught:
        Equations(f"a : 1\n{text}\n# end")
    (fault,) = caught.value.faults
    assert fault.span is not None
    if place is not None:
        assert fault.span.text == place
    assert fault.span.source.text == f"a : 1\n{text}\n# end"


def test_a_scaled_unit_is_shown_with_a_caret_in_its_line():
    with pytest.raises(EquationError, match="mV") as caught:
        Equations("""
            dv/dt = (El - v)/tau  # leak
                    + I/C : mV (unless refractory)
            El : volt
        """)
    assert str(caught.value) == (
        "    + I/C : mV (unless refractory)\n"
        "            ^^\n"
        "  'mV' is 0.001 V: only units without a scale are declared.\n"
        "  Write volt; values may still be given in any unit."
    )


def test_all_faults_of_a_text_are_raised_together_in_its_order():
    text = "v : mV\ndx/dt = (1 : 1\nexp : 1\nz = 3\nw : volt\nw : volt"
    with pytest.raises(ModelError, match="mV") as caught:
        Equations(text)
    places = [f.span.text for f in caught.value.faults if f.span]
    assert places == ["mV", "(", "exp", "3", "w"]
    starts = [f.span.start for f in caught.value.faults if f.span]
    assert starts == sorted(starts)


def test_a_missing_unit_does_not_swallow_the_next_equation():
    with pytest.raises(EquationError, match="equation for 'v' has no unit") as caught:
        Equations("dv/dt = -v/tau\ndw/dt = -w/tau : 1\nu = v\ntau : second")
    assert len(caught.value.faults) == 2
    assert "equation for 'u' has no unit" in str(caught.value)


def test_an_equation_without_unit_before_a_parameter_is_two_equations():
    """'1 + 2 u' is never an expression, so 'u : volt' begins a new equation."""
    with pytest.raises(EquationError, match="equation for 'z' has no unit") as caught:
        Equations("z = 1 + 2\nu : volt")
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    "text", ["\x00", "v : \x00", "::::", "((((", "d/dt = 1 : 1", "=:=", "#", ",", "v:1(,"]
)
def test_rubbish_is_refused_and_nothing_else_happens(text):
    problem = None
    try:
        Equations(text)
    except ModelError as caught:
        problem = caught
    assert problem is None or problem.faults
