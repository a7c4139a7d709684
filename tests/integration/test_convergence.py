"""Every method converges at the order that it states, on problems with closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rheobase.integration import METHODS
from tests.integration.stepper import Stepper, make_system

# methods that choose their step are run as models run them: tests/model/test_adaptive.py
ORDERED = [
    name
    for name, m in METHODS.items()
    if name not in ("exact", "milstein") and "adaptable_timestep" not in m.options
]


def error_at(method: str, text: str, dt: float, start: dict, name: str, end: float, wanted: float):
    s = Stepper(make_system(text), method, dt, start)
    s.step(round(end / dt))
    return abs(float(s.values[name]) - wanted)


@pytest.mark.parametrize("method", [*ORDERED, "milstein"])
def test_halving_dt_divides_the_error_by_two_to_the_order(method):
    """dx/dt = x*cos(t) has the solution exp(sin(t))."""
    text = "dx/dt = x*cos(t) : 1"
    order = METHODS[method].order
    wanted = math.exp(math.sin(1.0))
    dt = 1 / 64 if order == 4 else 1 / 1024
    coarse, fine = (error_at(method, text, h, {"x": 1.0}, "x", 1.0, wanted) for h in (dt, dt / 2))
    assert abs(coarse / fine - 2**order) < 0.1


@pytest.mark.parametrize("method", ["rk2", "rk4", "euler", "heun", "milstein"])
def test_order_holds_for_coupled_nonlinear_equations(method):
    """x = 1/(1 + t), y = (1 + t)**2 solve dx/dt = -x**2, dy/dt = 2*x*y."""
    text = "dx/dt = -x**2 : 1\ndy/dt = 2*x*y : 1"
    order = METHODS[method].order
    start = {"x": 1.0, "y": 1.0}
    dt = 1 / 128 if order == 4 else 1 / 512
    coarse, fine = (error_at(method, text, h, start, "y", 1.0, 4.0) for h in (dt, dt / 2))
    assert abs(coarse / fine - 2**order) < 0.1


def test_exponential_euler_is_exact_for_one_linear_equation():
    """Its step is the solution of dx/dt = a*x + b, whatever dt."""
    s = Stepper(
        make_system("dx/dt = (b - x)/tau : 1", ["b", "tau"]),
        "exponential_euler",
        0.3,
        {
            "x": 0.0,
            "b": 2.0,
            "tau": 0.1,
        },
    )
    s.step(2)
    assert s.values["x"] == pytest.approx(2 * (1 - math.exp(-6)), rel=1e-15)


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [
        ("1 - tanh(x)*(x - 2)", lambda x: -np.tanh(x), lambda x: 1 + 2 * np.tanh(x)),
        ("tanh(x) - x", lambda x: -1, np.tanh),
        ("-x/(1 + exp(x - tanh(x))) + 2", lambda x: -1 / (1 + np.exp(x - np.tanh(x))), lambda x: 2),
        ("int(x > 0.1)*(1 - x)", lambda x: -1, lambda x: 1),
        ("tanh(x)**2*(1 - x)", lambda x: -(np.tanh(x) ** 2), lambda x: np.tanh(x) ** 2),
        ("(x - 1)/2**x", lambda x: 2**-x, lambda x: -(2**-x)),
    ],
)
def test_exponential_euler_holds_functions_of_a_variable_over_the_step(text, a, b):
    """Its step solves dx/dt = a(x0)*x + b(x0); so that of Brian 2 does, in all of these."""
    x, dt = 0.3, 0.1
    s = Stepper(make_system(f"dx/dt = {text} : 1"), "exponential_euler", dt, {"x": x})
    s.step(1)
    wanted = (x + b(x) / a(x)) * np.exp(a(x) * dt) - b(x) / a(x)
    assert s.values["x"] == pytest.approx(wanted, rel=1e-13)


def test_exponential_euler_with_held_functions_is_of_order_one():
    """1/(1 + exp(-t)) solves dx/dt = x*(1 - x), for positive x that is x - x*abs(x)."""
    wanted = 1 / (1 + math.exp(-1))
    coarse, fine = (
        error_at("exponential_euler", "dx/dt = x - x*abs(x) : 1", h, {"x": 0.5}, "x", 1.0, wanted)
        for h in (1 / 512, 1 / 1024)
    )
    assert coarse / fine == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize(
    ("text", "culprit"), [("1 - x*x", "x*x"), ("x - x**2*tanh(x)", "x**2"), ("tanh(x)", "tanh(x)")]
)
def test_exponential_euler_refuses_what_does_not_say_what_to_hold(text, culprit):
    refusal = METHODS["exponential_euler"].refuses(make_system(f"dx/dt = {text} : 1"))
    assert refusal is not None
    assert refusal.startswith(f"'{culprit}' in the equation for 'x' is not linear")


def test_exponential_euler_passes_a_vanishing_rate():
    """The factor of x may be zero for some elements: x grows linearly there."""
    s = Stepper(
        make_system("dx/dt = 3 - y*x : 1", changing=["y"]),
        "exponential_euler",
        0.5,
        {
            "x": np.array([1.0, 1.0]),
            "y": np.array([0.0, 2.0]),
        },
    )
    s.step()
    assert s.values["x"][0] == 2.5
    assert s.values["x"][1] == pytest.approx(1.5 - 0.5 * math.exp(-1), rel=1e-15)


def test_exponential_euler_converges_for_hodgkin_huxley_gates_at_order_one():
    """A conditionally linear system: halving dt halves the distance to RK4 with a tiny step."""
    text = "dv/dt = m*(1 - v) - v : 1\ndm/dt = (1 - m)*v - m/2 : 1"
    start = {"v": 0.1, "m": 0.9}
    best = Stepper(make_system(text), "rk4", 1 / 512, start)
    best.step(512)
    coarse, fine = (
        error_at("exponential_euler", text, h, start, "v", 1.0, best.values["v"])
        for h in (1 / 512, 1 / 1024)
    )
    assert abs(coarse / fine - 2) < 0.1


@pytest.mark.parametrize("method", ["euler", "heun", "milstein"])
def test_additive_noise_converges_strongly_at_order_one(method):
    """dx/dt = -x + xi: against the same path with a 64 times smaller step."""
    assert strong_order(method, "dx/dt = -x + s*xi : 1", small=2**-12) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("method", ["heun", "milstein"])
def test_multiplicative_noise_converges_strongly_to_stratonovich_at_order_one(method):
    """dx/dt = a*x + s*x*xi has the solution exp(a*t + s*W(t)) in the sense of Stratonovich."""
    errors = [geometric_error(method, n) for n in (64, 128)]
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("method", ["heun", "milstein"])
def test_noise_with_a_nonlinear_factor_converges_strongly_at_order_one(method):
    """dx/dt = s*sqrt(1 + x**2)*xi has the solution sinh(s*W(t)) in the sense of Stratonovich."""
    path = brownian(1024, 500)
    wanted = np.sinh(0.8 * path.sum(0))
    errors: list[float] = []
    for factor in (16, 8):
        values = {"x": np.zeros(500), "s": 0.8}
        text = "dx/dt = s*sqrt(1 + x**2)*xi : 1"
        got = on_path(method, text, coarser(path, factor), values).values["x"]
        errors.append(float(np.abs(got - wanted).mean()))
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.3)


def brownian(n_steps: int, n_paths: int, seed: int = 3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_steps, n_paths)) * np.sqrt(1 / n_steps)


def on_path(method: str, text: str, increments, values) -> Stepper:
    """Integrate over 0 < t < 1 along given increments of one noise."""
    n = len(increments)
    steps = iter(increments * np.sqrt(n))
    system = make_system(text, [k for k in values if k != "x"])
    s = Stepper(system, method, 1 / n, values, noise=lambda: next(steps))
    s.step(n)
    return s


def coarser(increments, factor: int):
    return increments.reshape(-1, factor, increments.shape[1]).sum(1)


def strong_order(method: str, text: str, small: float) -> float:
    path = brownian(round(1 / small), 200)
    values = {"x": np.ones(200), "s": 0.5}
    exact = on_path(method, text, path, values).values["x"]
    errors = [
        np.abs(on_path(method, text, coarser(path, k), values).values["x"] - exact).mean()
        for k in (128, 64)
    ]
    return math.log2(errors[0] / errors[1])


def geometric_error(method: str, n: int) -> float:
    path = brownian(1024, 500)
    values = {"x": np.ones(500), "a": 0.5, "s": 0.4}
    got = on_path(method, "dx/dt = a*x + s*x*xi : 1", coarser(path, 1024 // n), values).values["x"]
    return float(np.abs(got - np.exp(0.5 + 0.4 * path.sum(0))).mean())


def test_one_noise_in_two_equations_is_one_number():
    """dx/dt = xi_a, dy/dt = 2*xi_a: y stays twice x."""
    rng = np.random.default_rng(0)
    text = "dx/dt = xi_a : 1\ndy/dt = 2*xi_a : 1"
    s = Stepper(make_system(text), "euler", 0.1, {"x": 0.0, "y": 0.0}, rng.standard_normal)
    s.step(20)
    assert s.values["x"] != 0
    assert s.values["y"] == pytest.approx(2 * s.values["x"], rel=1e-14)


def test_different_suffixes_are_different_numbers():
    numbers = iter([1.0, 10.0])
    text = "dx/dt = xi_a + xi_b : 1\ndy/dt = xi_b : 1"
    s = Stepper(make_system(text), "euler", 4.0, {"x": 0.0, "y": 0.0}, lambda: next(numbers))
    s.step()
    assert (s.values["x"], s.values["y"]) == (22.0, 20.0)


def test_noise_has_the_variance_of_brownian_motion():
    """After time T, dx/dt = sigma*xi has variance sigma**2*T for any dt."""
    rng = np.random.default_rng(1)
    for dt in (0.1, 0.025):
        system = make_system("dx/dt = s*xi : 1", ["s"])
        values = {"x": np.zeros(20000), "s": 3.0}
        s = Stepper(system, "euler", dt, values, lambda: rng.standard_normal(20000))
        s.step(round(1 / dt))
        assert s.values["x"].var() == pytest.approx(9, rel=0.05)


def test_heun_sums_over_two_sources_of_multiplicative_noise():
    """Along fixed numbers, against the formula written out by hand."""
    numbers = iter([0.3, -0.7])
    text = "dx/dt = x*xi_a + y*xi_b : 1\ndy/dt = -x*xi_b : 1"
    s = Stepper(make_system(text), "heun", 0.25, {"x": 1.0, "y": 2.0}, lambda: next(numbers))
    s.step()
    a, b = 0.15, -0.35
    x1, y1 = 1 + a + 2 * b, 2 - b
    assert s.values["x"] == pytest.approx(1 + 0.5 * a * (1 + x1) + 0.5 * b * (2 + y1), rel=1e-14)
    assert s.values["y"] == pytest.approx(2 - 0.5 * b * (1 + x1), rel=1e-14)
