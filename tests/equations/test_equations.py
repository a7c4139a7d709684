"""Sets of equations: names, substitution, combination, printing and checks."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import NeuronGroup
from rheobase.equations import Equations, SingleEquation, identifiers
from rheobase.equations.latex import latex_expression
from rheobase.errors import (
    DimensionMismatchError,
    EquationError,
    ModelSyntaxError,
    UnknownNameError,
)
from rheobase.lang.nodes import render
from rheobase.lang.symbols import Type
from rheobase.units import ms, mV, nS, volt

MODEL = """
dv/dt = (w - v)/tau + sigma*xi*tau**-0.5 : volt (unless refractory)
w = a*x + k*volt : volt
dx/dt = -x/tau : 1
y = 2*w : volt
tau : second (constant)
b = v > 2*mV : boolean
"""


# -------------------------------------------------------------------- a mapping with attributes
def test_equations_are_a_mapping_in_the_order_of_the_text():
    equations = Equations(MODEL)
    assert list(equations) == ["v", "w", "x", "y", "tau", "b"]
    assert len(equations) == 6
    assert "v" in equations
    assert equations["tau"].type == "parameter"
    with pytest.raises(KeyError, match="nothing"):
        equations["nothing"]


def test_names_by_kind_are_sets_in_the_order_of_the_text():
    """As sets they compare with the sets that Brian 2 gives; in order, so that runs repeat."""
    e = Equations(MODEL)
    assert e.names == {"v", "w", "x", "y", "tau", "b"}
    assert e.diff_eq_names == {"v", "x"}
    assert e.subexpr_names == {"w", "y", "b"}
    assert e.parameter_names == {"tau"}
    assert list(e.eq_names) == ["v", "w", "x", "y", "b"]


def test_identifiers_are_what_the_equations_do_not_define():
    """Recorded from Brian 2: functions and units count."""
    text = "dv/dt = (w-v)/tau + sigma*xi/tau**.5 : volt\nw = a + rand()*volt : volt\ntau : second"
    assert Equations(text).identifiers == {"volt", "xi", "rand", "sigma", "a"}


def test_expressions_are_listed_with_their_names():
    e = Equations(MODEL)
    assert [n for n, _ in e.diff_eq_expressions] == ["v", "x"]
    assert [n for n, _ in e.eq_expressions] == ["v", "w", "x", "y", "b"]
    assert render(dict(e.eq_expressions)["y"]) == "2*w"
    assert e.expressions() == [expr for _, expr in e.eq_expressions]


def test_dimensions_are_those_of_the_variables():
    assert Equations(MODEL).dimensions["v"] is volt.dim


def test_dependencies_are_direct_or_through_subexpressions():
    """Recorded from Brian 2: y uses w directly and x by way of w."""
    found = {(d.equation.varname, d.via) for d in Equations(MODEL).dependencies["y"]}
    assert found == {("w", ()), ("x", ("w",))}


# -------------------------------------------------------------------- noise
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dx/dt = -y : 1\ny : hertz", None),
        ("dx/dt = y*xi : 1\ny : hertz**.5", "additive"),
        ("dx/dt = (3*xi + y)/second : 1\ny : 1", "additive"),
        ("dx/dt = x*xi : 1", "multiplicative"),
        ("dx/dt = t*xi : 1", "multiplicative"),
        ("dx/dt = y*xi : 1\ndy/dt = -y : hertz**.5", "multiplicative"),
        ("dx/dt = y*xi : 1\ny = x*2 : hertz**.5", "multiplicative"),
    ],
)
def test_the_type_of_the_noise(text, wanted):
    """Recorded from Brian 2."""
    equations = Equations(text)
    assert equations.stochastic_type == wanted
    assert equations.is_stochastic == (wanted is not None)


def test_names_of_the_noise():
    equations = Equations("dx/dt = xi_a + xi_b + xi : 1")
    assert equations.stochastic_variables == {"xi", "xi_a", "xi_b"}


def test_noise_that_is_not_linear_has_no_type():
    with pytest.raises(EquationError, match="'x' does not enter linearly"):
        _ = Equations("dx/dt = xi**2 : 1").stochastic_type


def test_plain_xi_belongs_to_one_equation():
    with pytest.raises(EquationError, match="'xi' is used for 'y' and for 'x'") as caught:
        Equations("dx/dt = xi : 1\ndy/dt = 2*xi : 1")
    assert "Write xi_1 and xi_2" in str(caught.value)
    Equations("dx/dt = xi : 1\ndy/dt = xi_a : 1\ndz/dt = xi_a + xi_a : 1")


def test_plain_xi_is_found_twice_when_equations_are_added():
    with pytest.raises(EquationError, match="'xi' is used for 'y' and for 'x'"):
        Equations("dx/dt = xi : 1") + Equations("dy/dt = xi : 1")


def test_noise_is_no_value_that_lasts_a_step():
    with pytest.raises(EquationError, match="'xi_a' is white noise: it has no value"):
        Equations("x = 2*xi_a : 1 (constant over dt)")


# -------------------------------------------------------------------- substitution
def test_values_are_put_in_as_brian_prints_them():
    equations = Equations(
        "dv/dt = mu/tau + sigma/tau**.5*xi : volt", mu=-65 * mV, sigma=3 * mV, tau=10 * ms
    )
    assert str(equations) == (
        "dv/dt = (-65. * mvolt)/(10. * msecond) + (3. * mvolt)/(10. * msecond)**.5*xi  : V"
    )


def test_names_are_put_in_as_brian_prints_them():
    equations = Equations("dg/dt = -g / tau : siemens", g="g_e", tau="tau_e")
    assert str(equations) == "dg_e/dt = -g_e / tau_e  : S"
    assert list(equations) == ["g_e"]


@pytest.mark.parametrize(
    ("value", "printed"),
    [(3, "(3)"), (1e-12, "(1e-12)"), (True, "(True)"), (np.float64(2.5), "(2.5)")],
)
def test_plain_numbers_are_put_in(value, printed):
    assert Equations("x = 2*tau : 1", tau=value)["x"].code == f"2*{printed}"


def test_names_change_places():
    """All names are replaced at once."""
    assert Equations("x = a - b : 1", a="b", b="a")["x"].code == "b - a"


def test_only_whole_names_are_replaced():
    assert Equations("x = e1 + 1e1 + e1e : 1", e1="k")["x"].code == "k + 1e1 + e1e"


def test_text_that_is_more_than_a_name_keeps_together():
    """-g / (3*ms), where Brian 2 makes -g / 3*ms of it."""
    assert Equations("dg/dt = -g / tau : 1", tau="3*ms")["g"].code == "-g / (3*ms)"


def test_flags_and_units_stay():
    equations = Equations("dv/dt = -v/tau : volt (unless refractory)").substitute(v="u")
    assert str(equations) == "du/dt = -u/tau  : V (unless refractory)"
    assert equations["u"].flag_spans[0].text == "unless refractory"
    assert equations["u"].name_span.text == "u"


def test_places_are_in_the_new_text_after_a_substitution():
    expr = Equations("dv/dt = -v/tau : volt", tau="long_name")["v"].expr
    assert expr.right.span.text == "long_name"  # pyright: ignore


def test_a_variable_is_not_replaced_by_a_value():
    with pytest.raises(EquationError, match="'g' is a variable of the equations: no value"):
        Equations("dg/dt = -g / tau : siemens", g=3 * nS)


def test_a_name_that_is_taken_is_no_replacement():
    with pytest.raises(EquationError, match="'y' is defined twice"):
        Equations("x = 2*y : 1\ny : 1", x="y")


@pytest.mark.parametrize(
    ("value", "met"), [([1, 2], "an array"), (None, "of type NoneType"), ({}, "of type dict")]
)
def test_only_numbers_and_names_are_put_in(value, met):
    with pytest.raises(
        ModelSyntaxError, match=f"replacement of 'tau' is {met}: one number or a name"
    ):
        Equations("x = tau : 1", tau=value)


def test_a_replacement_that_is_no_expression_is_refused():
    with pytest.raises(ModelSyntaxError, match="operator is missing"):
        Equations("x = tau : 1", tau="a b")


# -------------------------------------------------------------------- combination
def test_equations_add_up():
    both = Equations("x : 1") + Equations("y : 1")
    assert both == Equations("x : 1\ny : 1")
    both += Equations("z : 1")
    assert list(both) == ["x", "y", "z"]
    assert list(both + "u : 1") == ["x", "y", "z", "u"]


def test_the_same_variable_twice_is_refused():
    with pytest.raises(
        EquationError, match=r"'x' is defined twice.\s+The first definition is: x : V"
    ):
        Equations("x : volt") + Equations("x = 3 : 1")


def test_a_list_of_equations_makes_a_set():
    e = Equations(MODEL)
    assert Equations([e["tau"], e["x"]]) == Equations("tau : second (constant)\ndx/dt = -x/tau : 1")
    assert Equations(e) == e


@pytest.mark.parametrize(("wrong", "met"), [(3, "not int"), ([3], "SingleEquation, not int")])
def test_anything_else_makes_no_equations(wrong, met):
    with pytest.raises(TypeError, match=met):
        Equations(wrong)


def test_equations_are_equal_by_what_they_say():
    assert Equations("x=a+b:1") == Equations("x = a + b : 1  # sum")
    assert Equations("x=a+b:1") != Equations("x = b + a : 1")
    assert Equations("x=a+b:1") != "x=a+b:1"
    assert hash(Equations("x : 1\ny : 1")) == hash(Equations("y : 1\nx : 1"))


def test_a_single_equation_is_consistent():
    with pytest.raises(ValueError, match="a parameter has no expression"):
        SingleEquation("parameter", "x", expr=Equations("y = 1 : 1")["y"].expr)
    with pytest.raises(ValueError, match="a subexpression has an expression"):
        SingleEquation("subexpression", "x")
    assert SingleEquation("parameter", "x").var_type is Type.FLOAT


# -------------------------------------------------------------------- subexpressions
def test_subexpressions_are_put_in():
    e = Equations("dv/dt = y/tau : 1\ny = 2*w : 1\nw = v + 1 : 1")
    assert render(e.substituted("v")) == "2*(v + 1)/tau"
    assert [n for n, _ in e.get_substituted_expressions()] == ["v"]
    with_all = e.get_substituted_expressions(include_subexpressions=True)
    assert [(n, render(x)) for n, x in with_all] == [
        ("w", "v + 1"),
        ("y", "2*(v + 1)"),
        ("v", "2*(v + 1)/tau"),
    ]


def test_subexpressions_constant_over_dt_are_variables():
    e = Equations("dv/dt = y*w : 1\ny = 2*w : 1 (constant over dt)\nw = v + 1 : 1")
    assert render(e.substituted("v")) == "y*(v + 1)"
    assert render(e.substituted("y")) == "2*(v + 1)"


def test_a_parameter_has_nothing_to_put_in():
    with pytest.raises(KeyError, match="'x' is a parameter"):
        Equations("x : 1").substituted("x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = x + 1 : 1", r"'x' is defined by itself\."),
        ("x = y : 1\ny = x : 1", "'x' is defined by itself: x -> y -> x"),
        (
            "z = a : 1\na = b : 1\nb = c : 1\nc = a : 1",
            "'a' is defined by itself: a -> b -> c -> a",
        ),
    ],
)
def test_subexpressions_defined_by_themselves_are_refused(text, message):
    with pytest.raises(EquationError, match=message) as caught:
        Equations(text)
    assert len(caught.value.faults) == 1


def test_a_thousand_subexpressions_in_a_row_are_refused_or_resolved_without_recursion():
    lines = ["a0 = 1 : 1", *(f"a{k} = a{k - 1} + 1 : 1" for k in range(1, 1000))]
    with pytest.raises(EquationError, match=r"grows to .* deep"):
        Equations("\n".join(lines))
    assert Equations("\n".join(lines[:100])).substituted("a99")


def test_subexpressions_that_double_are_refused_before_they_fill_the_memory():
    lines = ["a0 = 1 : 1", *(f"a{k} = a{k - 1} + a{k - 1} : 1" for k in range(1, 60))]
    with pytest.raises(EquationError, match=r"Give the subexpressions .* \(constant over dt\)"):
        Equations("\n".join(lines))


# -------------------------------------------------------------------- checks of objects
ALLOWED = {
    "differential equation": ("unless refractory",),
    "subexpression": ("shared", "constant over dt"),
    "parameter": ("constant", "shared", "linked"),
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1 : 1 (constant)", "flag 'constant' belongs to a parameter; 'x' is a subexpression"),
        ("x : 1 (unless refractory)", "belongs to a differential equation; 'x' is a parameter"),
        ("dx/dt = 1/ms : 1 (event-driven)", r"no meaning in this object.*\(unless refractory\)"),
        ("x : 1 (constnt)", "there is no flag 'constnt'.*Did you mean 'constant'"),
        ("x : 1 (constant shared)", "a comma is missing"),
    ],
)
def test_a_flag_that_is_out_of_place_says_where_it_belongs(text, message):
    with pytest.raises(EquationError, match=f"(?is){message}"):
        Equations(text).check_flags(ALLOWED)


def test_flags_in_their_place_pass():
    Equations(MODEL).check_flags(ALLOWED)


def test_every_wrong_flag_is_reported():
    with pytest.raises(EquationError, match="constant") as caught:
        Equations("x = 1 : 1 (constant, linked)\ny : 1 (foo)").check_flags(ALLOWED)
    assert [f.span.text for f in caught.value.faults if f.span] == ["constant", "linked", "foo"]


def test_flags_that_exclude_each_other_are_refused():
    with pytest.raises(EquationError, match="'constant' and 'shared' of 'x' exclude each other"):
        Equations("x : 1 (constant, shared)").check_flags(ALLOWED, [("constant", "shared")])


def test_random_subexpressions_must_be_constant_over_dt():
    def is_stateful(name: str) -> bool:
        return name == "rand"

    with pytest.raises(
        ModelSyntaxError, match=r"rand\(\) would give another .*\n.*\(constant over"
    ):
        Equations("x = 2*rand() : 1").check_stateful(is_stateful)
    Equations("x = 2*rand() : 1 (constant over dt)\ny = exp(1) : 1").check_stateful(is_stateful)


# -------------------------------------------------------------------- identifiers
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("_x", ModelSyntaxError, "'_x' begins with an underscore.*Write 'x'"),
        ("x_pre", EquationError, "'x_pre' ends in '_pre' or '_post'.*'pre_x'"),
        ("x_post", EquationError, "'x_post' ends in '_pre' or '_post'"),
        ("N_pre", EquationError, "'N_pre' ends in"),
        ("volt", ModelSyntaxError, "'volt' is a unit"),
        ("mV", ModelSyntaxError, "'mV' is a unit"),
        ("amp2", ModelSyntaxError, "'amp2' is a unit"),
        ("exp", ModelSyntaxError, "'exp' is a function"),
        ("randn", ModelSyntaxError, "'randn' is a function"),
        ("int", ModelSyntaxError, "'int' is a function"),
        ("pi", ModelSyntaxError, r"'pi' is a constant \(3.14159\)"),
        ("e", ModelSyntaxError, r"'e' is a constant \(2.71828\)"),
        ("inf", ModelSyntaxError, "'inf' is a constant"),
        ("lambda", ModelSyntaxError, "'lambda' is a keyword of Python"),
        ("if", ModelSyntaxError, "'if' is a keyword of Python"),
        ("None", ModelSyntaxError, "'None' is a keyword of Python"),
        ("t", ModelSyntaxError, "'t' already means the current time"),
        ("dt", ModelSyntaxError, "'dt' already means the duration of a step"),
        ("t_in_timesteps", ModelSyntaxError, "already means the number of the current step"),
        ("i", ModelSyntaxError, "'i' already means the number of the element"),
        ("N", ModelSyntaxError, "'N' already means the number of elements"),
        ("xi", ModelSyntaxError, "'xi' is white noise"),
        ("xi_a", ModelSyntaxError, "'xi_a' is white noise"),
        ("not_refractory", ModelSyntaxError, "'not_refractory' already means whether a neuron"),
        ("refractory", ModelSyntaxError, "'refractory' already means part of the refractory"),
    ],
)
def test_names_that_are_taken_are_refused_with_their_own_reason(name, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        Equations(f"{name} : 1")


@pytest.mark.parametrize("name", ["lastspike", "lastupdate", "j", "ms2", "print", "xis", "E", "d"])
def test_names_that_brian_accepts_are_free(name):
    """Recorded from Brian 2."""
    assert name in Equations(f"{name} : 1")


def test_a_registered_check_sees_every_name():
    def no_capitals(name: str) -> None:
        if name.isupper():
            raise SyntaxError(f"'{name}' is all capitals")

    Equations.register_identifier_check(no_capitals)
    try:
        with pytest.raises(ModelSyntaxError, match="'XYZ' is all capitals") as caught:
            Equations("XYZ : 1")
        assert caught.value.faults[0].span.text == "XYZ"
    finally:
        identifiers._extra_checks.remove(no_capitals)


# -------------------------------------------------------------------- printing
def test_equations_print_as_they_were_written():
    """Spacing of expressions is the user's; line breaks and comments go."""
    text = "dv/dt = -v/ms  # leak\n   + 3 : 1\nn : integer (constant)\nb = v>2 : boolean\nc : mM"
    assert str(Equations(text)).splitlines() == [
        "dv/dt = -v/ms + 3  : 1",
        "n : integer (constant)",
        "b = v>2  : boolean",
        "c : mM",
    ]


@pytest.mark.parametrize("unit", ["volt", "amp/meter**2", "1/second", "siemens/farad", "boolean"])
def test_a_printed_unit_names_the_dimension(unit):
    assert str(Equations(f"x : {unit}")).startswith("x : ")


def test_representations_are_short():
    e = Equations("dv/dt = -v/tau : volt (unless refractory)\ntau : second")
    assert repr(e) == "<Equations: 2 equations>"
    assert repr(Equations("x : 1")) == "<Equations: 1 equation>"
    assert repr(e["v"]) == "<differential equation v: -v/tau (unit: V, flags: unless refractory)>"
    assert repr(e["tau"]) == "<parameter tau (unit: s)>"


def test_ipython_shows_the_text():
    class Printer:
        shown = ""

        def text(self, text: str) -> None:
            self.shown += text

    printer = Printer()
    Equations("x : 1")._repr_pretty_(printer, cycle=False)
    assert printer.shown == "x : 1"


@pytest.mark.parametrize(
    ("code", "latex"),
    [
        ("(E_l - v)/tau_m", r"\frac{E_{l} - v}{\tau_{m}}"),
        ("-a*b", r"- a \, b"),
        ("a**2*b", r"a^{2} \, b"),
        ("(a + b)*c", r"\left(a + b\right) \, c"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("(-a)**2", r"\left(- a\right)^{2}"),
        ("exp(-t/tau)", r"\exp\left(- \frac{t}{\tau}\right)"),
        ("sqrt(x)", r"\sqrt{x}"),
        ("abs(x)", r"\left| x \right|"),
        ("1e-3*x", r"0.001 \, x"),
        ("1e-9*x", r"10^{-9} \, x"),
        ("1.5e-7*x", r"1.5 \cdot 10^{-7} \, x"),
        ("x*2", r"x \cdot 2"),
        ("3*mV", r"3 \, \mathrm{mV}"),
        ("t/second", r"\frac{t}{\mathrm{s}}"),
        ("um2**2", r"\left(\mathrm{\mu m}^{2}\right)^{2}"),
        ("a/b/c", r"\frac{a}{b \, c}"),
        ("a/(b/c)/d", r"\frac{a}{\frac{b}{c} \, d}"),
        ("rate*2", r"\mathit{rate} \cdot 2"),
        ("my_f(x, y)", r"\operatorname{my\_f}\left(x, y\right)"),
        ("a // b", r"\left\lfloor \frac{a}{b} \right\rfloor"),
        ("a % b", r"a \bmod b"),
    ],
)
def test_expressions_are_typeset(code, latex):
    expr = Equations(f"q = {code} : 1")["q"].expr
    assert expr is not None
    assert latex_expression(expr) == latex


def test_conditions_are_typeset_as_cases():
    expr = Equations("q = a if x >= 2 and not b else 0 : 1")["q"].expr
    assert expr is not None
    assert latex_expression(expr) == (
        r"\begin{cases}a & \text{if } x \geq 2 \land \lnot b \\ 0 & \text{otherwise}\end{cases}"
    )


def test_a_denied_comparison_has_brackets():
    (eq,) = Equations("b = not (x > 1) : boolean").values()
    assert latex_expression(eq.expr) == r"\lnot \left(x > 1\right)"


def test_a_notebook_shows_aligned_equations():
    latex = Equations("dv/dt = -v/tau : volt (unless refractory)\nn : integer")._repr_latex_()
    assert latex == (
        r"\begin{align*}\frac{\mathrm{d}v}{\mathrm{d}t} &= - \frac{v}{\tau} && "
        r"\text{(unit of $v$: $\mathrm{V}$, unless refractory)} \\"
        "\n"
        r"n & && \text{(integer)}\end{align*}"
    )


# -------------------------------------------------------------------- units
def test_units_are_checked_with_the_names_of_a_group_and_of_a_run():
    equations = Equations("dv/dt = (El - v)/tau + sigma*xi*tau**-0.5 : volt\nx = f(v) : 1")
    group = NeuronGroup(1, "v : volt", namespace={"El": -70 * mV})
    names = {"tau": 10 * ms, "sigma": 1 * mV, "f": lambda v: v / mV}
    equations.check_units(group, names)
    with pytest.raises(DimensionMismatchError, match="cannot be added"):
        equations.check_units(group, names | {"sigma": 1})
    with pytest.raises(DimensionMismatchError, match="'x' is"):
        equations.check_units(group, names | {"f": lambda v: v})
    with pytest.raises(UnknownNameError, match="'tau' is unknown to NeuronGroup"):
        equations.check_units(group)


def test_an_equation_knows_its_unit_and_its_parts_print_as_text():
    eq = Equations("dv/dt = -(v - 2*mV)/tau : volt")["v"]
    assert eq.unit == 1 * volt
    assert str(eq.expr) == eq.expr.code == "-(v - 2*mV)/tau"


@pytest.mark.parametrize("text", ["x : " + "(" * 3000, "x : " + "(" * 500 + "volt" + ")" * 500])
def test_units_in_parentheses_without_end_are_refused(text):
    with pytest.raises(EquationError, match="20 open parentheses"):
        Equations(text)
