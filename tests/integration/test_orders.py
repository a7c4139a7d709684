"""Every method of the table converges at its stated order, as models run it, on both backends.

Orders are those measured between two steps on problems with closed forms:

    linear      dx/dt = y, dy/dt = -x - y/2                damped oscillation
    with time   dx/dt = x*cos(t)                           x = exp(sin(t))
    nonlinear   dx/dt = -x**2, dy/dt = 2*x*y               x = 1/(1 + t), y = (1 + t)**2
    additive    dx/dt = -x + s*xi                          against the same path, much finer
    diagonal    dx/dt = a*x + s*x*xi                       x = exp(a*t + s*W(t)), Stratonovich
    nonlinear factor   dx/dt = s*sqrt(1 + x**2)*xi         x = sinh(s*W(t)), Stratonovich
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from rheobase import Network, NeuronGroup, defaultclock, second
from rheobase.integration import METHODS
from rheobase.model.brownian import Path

pytestmark = pytest.mark.usefixtures("both_backends")

ORDERS = {
    n: m.order  # pyright: ignore
    for n, m in METHODS.items()
    if hasattr(m, "order") and "adaptable_timestep" not in m.options  # those: test_adaptive.py
}
NOISY = {n: m.noise for n, m in METHODS.items() if getattr(m, "noise", None)}  # pyright: ignore
LINEAR = "dx/dt = y/second : 1\ndy/dt = (-x - y/2)/second : 1"
WITH_TIME = "dx/dt = x*cos(t/second)/second : 1"
NONLINEAR = "dx/dt = -x**2/second : 1\ndy/dt = 2*x*y/second : 1"


def end_state(text, method, n_steps, start, size=1, noise=None, **kwds):
    """The variables at t = 1 s after n steps."""
    cells = NeuronGroup(size, text, method=method, dt=1 / n_steps * second, **kwds)
    for name, value in start.items():
        setattr(cells, name, value)
    if noise is not None:
        cells.state_updater.noise = noise(cells)
    Network(cells).run(1 * second)
    return {name: np.asarray(getattr(cells, name)) for name in cells.equations.diff_eq_names}


def measured_order(text, method, start, name, wanted):
    n = 16 if ORDERS[method] >= 4 else 128
    errors = [abs(float(end_state(text, method, k, start)[name][0]) - wanted) for k in (n, 2 * n)]
    return math.log2(errors[0] / errors[1])


def damped(t):
    omega = math.sqrt(1 - 1 / 16)
    return math.exp(-t / 4) * (math.cos(omega * t) + math.sin(omega * t) / (4 * omega))


@pytest.mark.parametrize("method", ORDERS)
def test_order_on_linear_equations(method):
    order = measured_order(LINEAR, method, {"x": 1.0, "y": 0.0}, "x", damped(1.0))
    assert order == pytest.approx(ORDERS[method], abs=0.1)


@pytest.mark.parametrize("method", ORDERS)
def test_order_on_an_equation_with_time(method):
    wanted = math.exp(math.sin(1.0))
    assert measured_order(WITH_TIME, method, {"x": 1.0}, "x", wanted) == pytest.approx(
        ORDERS[method], abs=0.1
    )


@pytest.mark.parametrize("method", [m for m in ORDERS if m != "exponential_euler"])
def test_order_on_nonlinear_equations(method):
    start = {"x": 1.0, "y": 1.0}
    order = measured_order(NONLINEAR, method, start, "y", 4.0)
    assert order == pytest.approx(ORDERS[method], abs=0.1)


def test_order_of_exponential_euler_on_conditionally_linear_equations():
    """x = tan(t) solves dx/dt = 1 + x*y with y = tan(t), dy/dt = 1 + y*x."""
    text = "dx/dt = (1 + x*y)/second : 1\ndy/dt = (1 + y*x)/second : 1"
    order = measured_order(text, "exponential_euler", {"x": 0.0, "y": 0.0}, "x", math.tan(1.0))
    assert order == pytest.approx(1, abs=0.1)


def test_exact_has_no_error_in_dt():
    for n in (1, 10):
        x = end_state(LINEAR, "exact", n, {"x": 1.0, "y": 0.0})["x"][0]
        assert x == pytest.approx(damped(1.0), rel=1e-13)


# -------------------------------------------------------------------- steps of a fixed length
ADAPTIVE = {n: m.order for n, m in METHODS.items() if "adaptable_timestep" in m.options}  # pyright: ignore


FIXED = {"adaptable_timestep": False}


def order_of_fixed_steps(text, method, start, name, wanted):
    n = 4 if ADAPTIVE[method] > 5 else 32
    errors = [
        abs(float(end_state(text, method, k, start, method_options=FIXED)[name][0]) - wanted)
        for k in (n, 2 * n)
    ]
    return math.log2(errors[0] / errors[1])


@pytest.mark.parametrize("method", ADAPTIVE)
def test_order_of_methods_that_may_choose_their_step_on_linear_equations(method):
    """With steps of dt. The oscillation x'' = -4*x."""
    text = "dx/dt = 2*y/second : 1\ndy/dt = -2*x/second : 1"
    order = order_of_fixed_steps(text, method, {"x": 1.0, "y": 0.0}, "x", math.cos(2.0))
    if method == "gsl_rk8pd":
        # its error on x' = z*x has hardly a term of z**9 (0.13 % of z**9/9!): it converges faster
        assert order > 7.9
    else:
        assert order == pytest.approx(ADAPTIVE[method], abs=0.1)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_order_of_methods_that_may_choose_their_step_on_an_equation_with_time(method):
    order = order_of_fixed_steps(WITH_TIME, method, {"x": 1.0}, "x", math.exp(math.sin(1.0)))
    assert order == pytest.approx(ADAPTIVE[method], abs=0.1)


# -------------------------------------------------------------------- noise
FINEST = 256
SIZE = 1000


def path_at(level):
    return lambda cells: Path(5, cells.clock.state, level, SIZE)


def motion():
    """W(1) of every element, from the finest increments."""
    path = Path(5, defaultclock.state, 0, SIZE)
    return sum(path.normal(k) for k in range(FINEST)) / math.sqrt(FINEST)


def strong_order(text, method, start, wanted):
    """From the mean error at the ends of all paths, with steps of 1/64 and 1/128 s."""
    errors = [
        np.abs(end_state(text, method, FINEST >> k, start, SIZE, path_at(k))["x"] - wanted).mean()
        for k in (2, 1)
    ]
    return math.log2(errors[0] / errors[1])


@pytest.mark.parametrize("method", NOISY)
def test_strong_order_with_additive_noise(method):
    text = "dx/dt = -x/second + 0.5*xi/second**0.5 : 1"
    path = Path(5, defaultclock.state, 0, SIZE)
    decay, x = math.exp(-1 / FINEST), np.ones(SIZE)
    kick = 0.5 * math.sqrt((1 - decay**2) / 2)
    for k in range(FINEST):  # each increment in the middle of its step, up to O(dt**1.5)
        x = decay * x + kick * path.normal(k)
    assert strong_order(text, method, {"x": 1.0}, x) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("method", [m for m in NOISY if NOISY[m] != "additive"])
def test_strong_order_with_multiplicative_noise(method):
    text = "dx/dt = 0.5*x/second + 0.4*x*xi/second**0.5 : 1"
    wanted = np.exp(0.5 + 0.4 * motion())
    assert strong_order(text, method, {"x": 1.0}, wanted) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("method", [m for m in NOISY if NOISY[m] != "additive"])
def test_strong_order_with_a_nonlinear_factor(method):
    text = "dx/dt = 0.8*sqrt(1 + x**2)*xi/second**0.5 : 1"
    wanted = np.sinh(0.8 * motion())
    assert strong_order(text, method, {"x": 0.0}, wanted) == pytest.approx(1, abs=0.1)


def test_strong_order_of_heun_with_noise_that_does_not_commute_is_one_half():
    """dx = dW_1, dy = x dW_2: y is not a function of both motions at the end.

    Against steps of 1/256 s on the same paths: mean squares differ by c*(h - 1/256).
    """
    text = "dx/dt = xi_1/second**0.5 : 1\ndy/dt = x*xi_2/second**0.5 : 1"
    start = {"x": 0.0, "y": 0.0}
    ends = [end_state(text, "heun", FINEST >> k, start, SIZE, path_at(k))["y"] for k in (0, 4, 5)]
    shorter, longer = (np.mean((y - ends[0]) ** 2) for y in ends[1:])
    finest = 1 / FINEST
    rise = math.log2(longer / shorter) / math.log2((1 / 8 - finest) / (1 / 16 - finest))
    assert rise / 2 == pytest.approx(0.5, abs=0.1)


def test_long_steps_have_the_sum_of_short_increments():
    fine, coarse = (Path(3, defaultclock.state, k, 4) for k in (0, 2))
    total = sum(fine.normal(4 * 7 + k) for k in range(4))
    np.testing.assert_allclose(coarse.normal(7), total / 2, rtol=1e-14)
    assert not np.allclose(coarse.normal(7, 1), coarse.normal(7, 0))
