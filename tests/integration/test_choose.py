"""Which method integrates what, and what is said of those that cannot."""

from __future__ import annotations

import pytest

from rheobase.errors import (
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    UnknownNameError,
    UnsupportedEquationsError,
)
from rheobase.integration import DEFAULT_METHODS, METHODS, Scheme, choose, refusals, register
from tests.integration.stepper import Stepper, make_system


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dx/dt = -x : 1", "exact"),
        ("dx/dt = -x + y : 1\ndy/dt = -x : 1", "exact"),
        ("dx/dt = -x**2 : 1", "euler"),
        ("dx/dt = -x + t : 1", "euler"),
        ("dx/dt = rand() - x : 1", "euler"),
        ("dx/dt = -x + xi : 1", "euler"),
        ("dx/dt = -x + x*xi : 1", "heun"),
        ("dx/dt = -x + t*xi : 1", "heun"),
    ],
)
def test_the_automatic_choice(text, wanted):
    """As in Brian 2: exact where it can, else euler, heun for multiplicative noise."""
    assert choose(make_system(text))[0].name == wanted


def test_linear_is_another_name_of_exact():
    assert choose(make_system("dx/dt = -x : 1"), "linear")[0] is METHODS["exact"]


def test_a_list_is_tried_in_turn():
    system = make_system("dx/dt = -x**2 : 1")
    assert choose(system, ["exact", "exponential_euler", "rk4", "euler"])[0].name == "rk4"


def test_a_method_object_stands_for_itself():
    assert choose(make_system("dx/dt = -x : 1"), METHODS["rk2"])[0] is METHODS["rk2"]


def test_reasons_are_given_for_every_method_that_cannot():
    reasons = refusals(make_system("dx/dt = 1 - x*x : 1"), DEFAULT_METHODS)
    assert list(reasons) == ["exact"]
    assert reasons["exact"] == "'x*x' in the equation for 'x' is not linear in x."


REFUSALS = [
    (
        "exact",
        "dx/dt = 1 - x*y : 1\ndy/dt = -y : 1",
        "x*y",
        r"'x\*y' in the equation for 'x' is not linear in x, y",
    ),
    (
        "exact",
        "dx/dt = exp(x/2) - x : 1",
        "exp(x/2)",
        r"'exp\(x/2\)' in the equation for 'x' is not",
    ),
    ("exact", "dx/dt = -x + 2*t : 1", "t", "'t' in the equation for 'x' is not constant over a"),
    ("exact", "dx/dt = -x + rand() : 1", "rand()", r"'rand\(\)' in the equation for 'x' is not"),
    ("exact", "dx/dt = -x + xi_1 : 1", "xi_1", "'xi_1' in the equation for 'x' is noise"),
    ("exponential_euler", "dx/dt = 1 - x**2 : 1", "x**2", r"'x\*\*2' in the equation for 'x'"),
    ("exponential_euler", "dx/dt = xi : 1", "xi", "'xi' in the equation for 'x' is noise"),
    ("euler", "dx/dt = x*xi : 1", "x", "multiplied by 'x', which changes with time"),
    ("euler", "dx/dt = sin(t)*xi : 1", "t", "multiplied by 't', which changes with time"),
    ("euler", "dx/dt = -x + xi**2 : 1", "xi**2", r"noise in 'xi\*\*2' is not a factor of a term"),
    ("heun", "dx/dt = exp(xi) : 1", "exp(xi)", r"noise in 'exp\(xi\)' is not a factor of a term"),
    ("rk2", "dx/dt = -x + xi : 1", "xi", "for equations without noise"),
    ("rk4", "dx/dt = -x + xi : 1", "xi", "for equations without noise"),
    ("milstein", "dx/dt = x*xi_a + xi_b : 1", "xi_a", "two sources of noise, 'xi_a' and 'xi_b'"),
    ("milstein", "dx/dt = x*xi_a : 1\ndy/dt = xi_a : 1", "xi_a", "share the noise 'xi_a'"),
    ("milstein", "dx/dt = y*xi_a : 1\ndy/dt = xi_b : 1", "y", "'y', which has noise of its own"),
    ("gsl_rkf45", "dx/dt = -x + xi : 1", "xi", "for equations without noise"),
    ("gsl_rk2", "dx/dt = -x + rand() : 1", "rand()", "'rand' .* has another value at each call"),
    ("rosenbrock", "dx/dt = -x + xi : 1", "xi", "for equations without noise"),
]


@pytest.mark.parametrize(("method", "text", "term", "reason"), REFUSALS)
def test_a_refusal_names_and_locates_the_term_in_the_way(method, text, term, reason):
    with pytest.raises(UnsupportedEquationsError, match=reason) as caught:
        choose(make_system(text), method)
    assert caught.value.faults[0].span.text == term
    assert f"The method '{method}' cannot integrate these equations" in str(caught.value)


@pytest.mark.parametrize(
    ("method", "text", "able"),
    [
        ("exact", "dx/dt = 1 - x*x : 1", "'rk2', 'rk4', 'gsl_rkf45', 'euler'."),
        (
            "exact",
            "dx/dt = -x*y : 1\ndy/dt = -y : 1",
            "'exponential_euler', 'rk2', 'rk4', 'gsl_rkf45'.",
        ),
        ("rk4", "dx/dt = -x + xi : 1", "'euler', 'heun', 'milstein'."),
        ("milstein", "dx/dt = x*xi_a + xi_b : 1", "'heun'."),
        ("gsl_rk8pd", "dx/dt = -x + rand() : 1", "'exponential_euler', 'rk2', 'rk4', 'euler'."),
    ],
)
def test_a_refusal_says_which_methods_can(method, text, able):
    with pytest.raises(UnsupportedEquationsError, match="Methods that can") as caught:
        choose(make_system(text), method)
    assert f"Methods that can: {able}" in str(caught.value)
    for name in able.split("'")[1:-1:2]:
        assert choose(make_system(text), name).method.name == name


def test_noise_within_a_function_is_treated_by_none():
    with pytest.raises(UnsupportedEquationsError, match="Noise enters as f") as caught:
        choose(make_system("dx/dt = exp(xi) : 1"), "heun")
    assert "Methods that can" not in str(caught.value)


def test_exact_names_the_coefficient_that_may_change():
    text = "dv/dt = (w - v)/tau : 1\ndw/dt = (1 - w)/tauw : 1"
    system = make_system(text, ["tauw"], changing=["tau"])
    with pytest.raises(
        UnsupportedEquationsError, match="through 'tau', which may change"
    ) as caught:
        choose(system, "exact")
    assert "Give 'tau' the flag (constant)" in str(caught.value)


def test_where_no_method_fits_every_reason_is_said():
    with pytest.raises(UnsupportedEquationsError, match="'exact' cannot") as caught:
        choose(make_system("dx/dt = xi**2 : 1"))
    assert [f"'{m}'" in str(caught.value) for m in DEFAULT_METHODS] == [True] * 3


def test_an_unknown_method_is_refused_with_the_nearest_name():
    with pytest.raises(ModelValueError, match=r"no method 'exakt'.\s+Did you mean 'exact'\?"):
        choose(make_system("dx/dt = -x : 1"), "exakt")


def test_a_method_of_a_wrong_type_is_refused():
    with pytest.raises(ModelTypeError, match="a method object or a function of Equations, not int"):
        choose(make_system("dx/dt = -x : 1"), 3)  # pyright: ignore


def test_an_empty_list_of_methods_is_refused():
    with pytest.raises(ModelValueError, match="No method is given"):
        choose(make_system("dx/dt = -x : 1"), [])


def test_an_unknown_option_is_refused_with_those_that_exist():
    with pytest.raises(UnknownNameError, match=r"no option 'simplfy'.\s+Did you mean 'simplify'\?"):
        choose(make_system("dx/dt = -x : 1"), "exact", {"simplfy": True})
    with pytest.raises(UnknownNameError, match="It has none"):
        choose(make_system("dx/dt = -x : 1"), "rk4", {"simplify": True})


def test_the_option_of_exact_is_accepted():
    assert choose(make_system("dx/dt = -x : 1"), "exact", {"simplify": False})[0].name == "exact"


# -------------------------------------------------------------------- schemes of one's own
def test_a_scheme_in_the_textual_notation_integrates():
    """Ralston's method, order 2: one step on dx/dt = -x gives 1 - h + h**2/2."""
    ralston = Scheme(
        "ralston", "k = f(x, t)\nx_new = x + dt*(k/4 + 3*f(x + 2*dt*k/3, t + 2*dt/3)/4)"
    )
    s = Stepper(make_system("dx/dt = -x : 1"), ralston, 0.5, {"x": 1.0})
    s.step()
    assert s.values["x"] == pytest.approx(1 - 0.5 + 0.125, rel=1e-15)


def test_a_registered_method_is_found_by_name():
    try:
        register("mine", Scheme("mine", "x_new = x + 2*dt*f(x, t)"))
        assert choose(make_system("dx/dt = -x : 1"), "mine")[0].name == "mine"
        with pytest.raises(ModelValueError, match="already is a method 'mine'"):
            register("mine", METHODS["euler"])
    finally:
        METHODS.pop("mine", None)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ("k = dt*f(x, t)", "last line of a scheme"),
        ("x_new = x + dt*f(x)", "'f' takes a state and a time"),
        ("x_new = x + h*f(x, t)", "'h' is not defined in a line above"),
        ("x = f(x, t)\nx_new = x", "'x' already has a meaning"),
        ("x_new = x +", r"Nothing follows '\+'"),
    ],
)
def test_a_scheme_that_is_none_is_refused(description, message):
    with pytest.raises(ModelSyntaxError, match=message):
        Scheme("broken", description)


def test_time_within_a_step_is_that_of_the_stage():
    """rk4 on dx/dt = f(t) is Simpson's rule: exact for cubic polynomials."""
    s = Stepper(make_system("dx/dt = t**3 : 1"), "rk4", 0.5, {"x": 0.0})
    s.step(4)
    assert s.values["x"] == pytest.approx(4.0, rel=1e-15)
