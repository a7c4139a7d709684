"""Methods of one's own: schemes as text, functions of Equations, and methods as text."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import (
    DEFAULT_FUNCTIONS,
    Equations,
    ExplicitStateUpdater,
    Function,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    StateUpdateMethod,
    TimedArray,
    UnknownNameError,
    UnsupportedEquationsError,
    ms,
    seed,
)
from rheobase.integration import METHODS

pytestmark = pytest.mark.usefixtures("both_backends")

DECAY = "dv/dt = -v/(10*ms) : 1"
NOISY = "dv/dt = -v/(10*ms) + v*xi/(5*ms)**0.5 : 1"


@pytest.fixture
def registered():
    """Methods that a test registers are forgotten after it."""
    before = dict(METHODS)
    yield
    METHODS.clear()
    METHODS.update(before)


def after(method, equations=DECAY, steps=5, v=1.0, **kwds):
    """The state after some steps of 1 ms, from random numbers that are the same each time."""
    seed(7)
    cells = NeuronGroup(4, equations, method=method, dt=1 * ms, **kwds)
    cells.v = v
    Network(cells).run(steps * ms)
    return cells.v[:]


def test_a_midpoint_method_of_ones_own_is_rk2():
    """Written in one's own words, it makes the numbers of the built-in one."""
    own = ExplicitStateUpdater("k = f(x, t)\nx_new = x + dt*f(x + dt*k/2, t + dt/2)")
    np.testing.assert_allclose(after(own), after("rk2"), rtol=1e-15)
    assert after(own)[0] == pytest.approx((1 - 0.1 + 0.005) ** 5, rel=1e-14)


def test_a_stochastic_scheme_of_ones_own_is_heun():
    own = ExplicitStateUpdater(
        "s = x + g(x, t)*dW\nx_new = x + dt*f(x, t) + dW/2*(g(x, t) + g(s, t + dt))",
        stochastic="multiplicative",
    )
    np.testing.assert_allclose(after(own, NOISY), after("heun", NOISY), rtol=1e-14)


def test_a_scheme_is_registered_and_named_in_errors(registered):
    StateUpdateMethod.register("twice", ExplicitStateUpdater("x_new = x + 2*dt*f(x, t)"))
    assert after("twice", steps=1)[0] == pytest.approx(0.8, rel=1e-15)
    with pytest.raises(UnsupportedEquationsError, match="The method 'twice' cannot"):
        after("twice", NOISY)
    with pytest.raises(ModelValueError, match="already is a method 'twice'"):
        StateUpdateMethod.register("twice", METHODS["euler"])
    with pytest.raises(ModelTypeError, match="a method object or a function of Equations, not int"):
        StateUpdateMethod.register("seven", 7)  # pyright: ignore


def refuses_two(equations, symbols):
    return len(equations.diff_eq_names) < 2


def refuses_aloud(equations, symbols):
    raise UnsupportedEquationsError("I do not like them")


@pytest.mark.parametrize(
    ("check", "reason"),
    [(refuses_two, "its own check refuses them"), (refuses_aloud, "I do not like them")],
)
def test_a_check_of_ones_own_refuses_equations(check, reason):
    own = ExplicitStateUpdater("x_new = x + dt*f(x, t)", custom_check=check)
    with pytest.raises(UnsupportedEquationsError, match=reason):
        after(own, DECAY + "\ndw/dt = -w/ms : 1")
    if check is refuses_two:
        assert after(own, steps=1)[0] == 0.9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x_new = x + dt*f(x, t) + g(x, t)*dW", "declared for equations without"),
        ("x_new = x + dt*f(x, t)*dW", "declared for equations without"),
    ],
)
def test_noise_in_a_scheme_must_be_declared(text, message):
    with pytest.raises(ModelSyntaxError, match=message):
        ExplicitStateUpdater(text)


def test_f_cannot_be_a_factor_of_the_noise():
    with pytest.raises(ModelSyntaxError, match="multiplies f, the part without noise"):
        ExplicitStateUpdater("x_new = x + dt*f(x, t)*g(x, t)*dW", stochastic="multiplicative")
    allowed = "x_new = x + dt*f(x, t) + g(x + dt*f(x, t), t)*dW"
    ExplicitStateUpdater(allowed, stochastic="multiplicative")


# -------------------------------------------------------------------- functions of Equations
def test_a_function_of_equations_is_a_method():
    """It writes statements with temporaries, units and augmented assignments."""

    def implicit_euler(equations):
        assert list(equations.diff_eq_names) == ["v"]
        return "k = 1 + dt/(10*ms)\nv /= k"

    assert after(implicit_euler)[0] == pytest.approx(1.1**-5, rel=1e-14)


def test_a_function_may_write_what_another_method_writes(registered):
    def euler_again(equations, variables, options):
        return METHODS["euler"](equations, variables, options)  # pyright: ignore

    StateUpdateMethod.register("again", euler_again)
    noisy = "dv/dt = -v/(10*ms) + xi/ms**0.5 : 1"
    np.testing.assert_array_equal(after("again", noisy), after("euler", noisy))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("v = v + dt*tau", UnknownNameError, "'tau' is neither a name of the equations nor"),
        ("v = later\nlater = 1", UnknownNameError, "'later' is neither"),
        ("dt = 1", ModelSyntaxError, "'dt' is no state variable"),
        ("v = besselj(v)", UnknownNameError, r"do not use the function 'besselj'"),
        ("v = v +", ModelSyntaxError, r"Nothing follows '\+'"),
        (3, ModelTypeError, "must return statements as text, not 3"),
    ],
)
def test_what_a_function_writes_is_checked(text, error, message):
    with pytest.raises(error, match=message):
        after(lambda equations: text)


def test_parameters_cannot_be_assigned_by_a_method():
    with pytest.raises(ModelSyntaxError, match="'w' is no state variable"):
        after(lambda equations: "w = 1", "dv/dt = -w*v/(10*ms) : 1\nw : 1")


# -------------------------------------------------------------------- methods as text
def test_methods_write_the_statements_of_a_step():
    assert METHODS["euler"](Equations(DECAY)) == (  # pyright: ignore
        "_x_new_v = v + dt*(-v/(10*ms))\nv = _x_new_v"
    )
    text = METHODS["heun"](Equations("dv/dt = xi_1/ms**.5 : 1\ndw/dt = xi_2/ms**.5 : 1"), {})  # pyright: ignore
    assert "xi_1" in text
    assert "xi_2" in text
    with pytest.raises(UnsupportedEquationsError, match=r"'v\*\*2' .* is not linear"):
        METHODS["exact"](Equations("dv/dt = v**2/ms : 1"))  # pyright: ignore


def test_a_scheme_shows_itself():
    own = ExplicitStateUpdater("x_new = x + dt*f(x, t)", name="mine")
    assert str(own) == "mine:\n    x_new = x + dt*f(x, t)"
    assert "ExplicitStateUpdater('mine'" in repr(own)
    assert r"x_{\mathrm{new}} &= x + \mathit{dt}" in own._repr_latex_()


# -------------------------------------------------------------------- what noise is drawn from
def test_a_replaced_randn_is_what_noise_draws_from(monkeypatch):
    """xi = 1/2 in units of dt**-0.5: after 4 steps x = 4*sqrt(dt)/2."""

    def half(vectorisation_idx):
        return 0.5 * np.ones_like(vectorisation_idx)

    constant = Function(half, arg_units=[], return_unit=1, auto_vectorise=True, stateless=False)
    equations = "dv/dt = xi/sqrt(ms) : 1"
    seed(1)
    cells = NeuronGroup(2, equations, method="euler", dt=1 * ms)
    net = Network(cells)
    net.run(1 * ms)
    assert cells.v[0] != 0.5
    cells.v = 0
    with monkeypatch.context() as patch:
        patch.setitem(DEFAULT_FUNCTIONS, "randn", constant)
        net.run(4 * ms)
        np.testing.assert_allclose(cells.v[:], 2, rtol=1e-14)
        for method in ("euler", "heun", "milstein"):
            np.testing.assert_allclose(after(method, equations, 4, v=0), 2, rtol=1e-14)
    net.run(1 * ms)
    assert cells.v[0] != pytest.approx(2.5)


def test_a_timed_array_on_the_grid_is_an_additive_factor():
    """It holds still during a step: Euler takes it as a factor of the noise; not between steps."""
    equations = "dv/dt = ta(t)*xi*(5*ms)**-0.5 : 1"
    steps = TimedArray([0, 1], dt=2 * ms)
    assert np.all(after("euler", equations, 1, 0.0, namespace={"ta": steps}) == 0)
    assert np.all(after("euler", equations, 4, 0.0, namespace={"ta": steps}) != 0)
    between = TimedArray([0, 1], dt=1.5 * ms)
    with pytest.raises(UnsupportedEquationsError, match="multiplied by 't'"):
        after("euler", equations, namespace={"ta": between})


def test_independent_is_an_old_name_of_exact(caplog):
    np.testing.assert_array_equal(after("independent"), after("exact"))
    assert "'independent' is deprecated" in caplog.text
