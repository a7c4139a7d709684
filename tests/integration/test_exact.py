"""The method 'exact' against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from rheobase.integration import METHODS, choose
from rheobase.integration.matrices import expm, propagator
from rheobase.lang.nodes import render
from tests.integration.stepper import Stepper, make_system, targets


def solution(a, b, x0, time: float) -> np.ndarray:
    """x(time) of dx/dt = a x + b, with 50 digits."""
    n = len(x0)
    with mpmath.workdps(50):
        m = mpmath.zeros(n + 1)
        for i in range(n):
            m[i, n] = mpmath.mpf(b[i]) * time
            for j in range(n):
                m[i, j] = mpmath.mpf(a[i][j]) * time
        e = mpmath.expm(m, method="taylor")
        start = mpmath.matrix([*map(mpmath.mpf, x0), 1])
        return np.array([float(x) for x in (e * start)[:n]])


def dense_expm(a: np.ndarray) -> np.ndarray:
    with mpmath.workdps(50):
        e = mpmath.expm(mpmath.matrix(a.tolist()), method="taylor")
        return np.array(e.tolist(), float)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("size", [1e-8, 1e-3, 1.0, 20.0])
def test_expm_agrees_with_mpmath(n, size):
    rng = np.random.default_rng(n)
    a = rng.normal(size=(n, n)) * size / n
    wanted = dense_expm(a)
    assert np.abs(expm(a) - wanted).max() < 1e-13 * np.abs(wanted).max()


def test_expm_keeps_small_entries_where_units_differ_by_powers_of_ten():
    """Amperes drive volts by 1/C = 5e9: every entry is right by itself."""
    a = np.array([[-50.0, 5e9, 5e9], [0, -200.0, 0], [0, 0, -100.0]]) * 1e-4
    wanted = dense_expm(a)
    known = wanted != 0
    assert np.abs(expm(a)[known] / wanted[known] - 1).max() < 1e-14


def test_expm_of_many_matrices_is_that_of_each():
    rng = np.random.default_rng(5)
    a = rng.normal(size=(7, 3, 3)) * 10.0 ** rng.integers(-3, 3, (7, 1, 1))
    for one, got in zip(a, expm(a)):
        np.testing.assert_array_equal(got, expm(one))


def test_expm_of_something_infinite_is_nan():
    a = np.zeros((2, 2, 2))
    a[0, 0, 1] = np.inf
    assert np.isnan(expm(a)[0]).all()
    np.testing.assert_array_equal(expm(a)[1], np.eye(2))


def test_phi_of_a_zero_matrix_is_one():
    p, phi = propagator(np.zeros((3, 3)))
    np.testing.assert_array_equal(p, np.eye(3))
    np.testing.assert_allclose(phi, np.eye(3), rtol=1e-15)


CUBA = """
dv/dt = (ge + gi - (v - El))/taum : volt
dge/dt = -ge/taue : volt
dgi/dt = -gi/taui : volt
"""


@pytest.mark.parametrize("taue", [5e-3, 20e-3, 20e-3 * (1 + 1e-12), 20e-3 * (1 - 1e-15)])
def test_equal_and_almost_equal_time_constants_are_no_special_case(taue):
    values = {"taum": 20e-3, "taue": taue, "taui": 10e-3, "El": -49e-3}
    start = {"v": -60e-3, "ge": 4e-3, "gi": -9e-3}
    s = Stepper(make_system(CUBA, values), "exact", 1e-4, {**values, **start})
    s.step(100)
    a = [[-1 / 20e-3, 1 / 20e-3, 1 / 20e-3], [0, -1 / taue, 0], [0, 0, -1 / 10e-3]]
    wanted = solution(a, [-49e-3 / 20e-3, 0, 0], [-60e-3, 4e-3, -9e-3], 1e-2)
    assert [s.values[n] for n in ("v", "ge", "gi")] == pytest.approx(wanted, rel=1e-12)


def test_twelve_coupled_equations():
    """Each couples to all others, with a source; over 50 steps."""
    rng = np.random.default_rng(2)
    n = 12
    a = rng.normal(size=(n, n)) - 2 * np.eye(n)
    b, x0 = rng.normal(size=n), rng.normal(size=n)
    constants = {f"a{i}_{j}": a[i, j] for i in range(n) for j in range(n)}
    constants |= {f"b{i}": b[i] for i in range(n)}
    text = "\n".join(
        f"dx{i}/dt = " + " + ".join(f"a{i}_{j}*x{j}" for j in range(n)) + f" + b{i} : 1"
        for i in range(n)
    )
    start = {f"x{i}": x0[i] for i in range(n)}
    s = Stepper(make_system(text, constants), "exact", 0.01, {**constants, **start})
    s.step(50)
    wanted = solution(a, b, x0, 0.5)
    got = np.array([s.values[f"x{i}"] for i in range(n)])
    assert np.abs(got - wanted).max() < 1e-12 * np.abs(wanted).max()


def test_coefficients_that_vanish_when_the_run_starts():
    """a = 0 makes the matrix singular: x grows linearly, y integrates it."""
    values = {"a": 0.0, "b": 3.0}
    text = "dx/dt = a*x + b : 1\ndy/dt = x - a*y : 1"
    s = Stepper(make_system(text, values), "exact", 0.5, {**values, "x": 1.0, "y": 0.0})
    s.step()
    assert s.values["x"] == pytest.approx(2.5, rel=1e-15)
    assert s.values["y"] == pytest.approx(0.5 + 3 * 0.5**2 / 2, rel=1e-15)


def test_an_oscillator_keeps_its_energy():
    """dx/dt = w*y, dy/dt = -w*x: after 3,000 steps the radius has changed by rounding only."""
    text = "dx/dt = w*y : 1\ndy/dt = -w*x : 1"
    s = Stepper(make_system(text, ["w"]), "exact", 0.1, {"w": 7.0, "x": 1.0, "y": 0.0})
    s.step(3_000)
    assert s.values["x"] ** 2 + s.values["y"] ** 2 == pytest.approx(1, abs=1e-11)
    assert s.values["x"] == pytest.approx(np.cos(2100), abs=1e-11)


def test_a_source_that_changes_is_held_over_the_step():
    """b is a parameter of each element that may change: x1 = P x + Q b."""
    system = make_system("dx/dt = (b - x)/tau : 1", ["tau"], changing=["b"])
    s = Stepper(system, "exact", 0.1, {"x": np.zeros(3), "b": np.array([1.0, 2, 3]), "tau": 0.2})
    s.step()
    np.testing.assert_allclose(s.values["x"], (1 - np.exp(-0.5)) * np.array([1, 2, 3]), rtol=1e-15)


@pytest.mark.parametrize("taug", [0.2, 5e-5, 1e6])
@pytest.mark.parametrize("kind", ["per_element", "changing"])
def test_time_constants_of_each_element(kind, taug):
    """A table for constant parameters, a formula for those that may change: both exact, however
    near or far the time constants are."""
    tau = np.array([0.1, 0.2, 0.2 * (1 + 1e-13), 1e3])
    text = "dv/dt = (g + b - v)/tau : 1\ndg/dt = -g/taug : 1"
    system = make_system(text, ["taug"], **{kind: ["tau", "b"]})
    values = {"tau": tau, "b": np.arange(4.0), "taug": taug, "v": np.ones(4), "g": np.full(4, 2.0)}
    s = Stepper(system, "exact", 0.05, values)
    s.step(4)
    for k in range(4):
        a = [[-1 / tau[k], 1 / tau[k]], [0, -1 / taug]]
        wanted = solution(a, [k / tau[k], 0], [1, 2], 0.2)
        assert s.values["v"][k] == pytest.approx(wanted[0], rel=1e-12)


def test_a_cycle_of_equations_with_coefficients_of_each_element():
    w = np.array([0.0, 1.0, 30.0])
    text = "dx/dt = w*y : 1\ndy/dt = -w*x - y : 1"
    system = make_system(text, per_element=["w"])
    s = Stepper(system, "exact", 0.1, {"w": w, "x": np.ones(3), "y": np.zeros(3)})
    s.step(3)
    for k in range(3):
        wanted = solution([[0, w[k]], [-w[k], -1]], [0, 0], [1, 0], 0.3)
        assert s.values["x"][k] == pytest.approx(wanted[0], rel=1e-12)
        assert s.values["y"][k] == pytest.approx(wanted[1], rel=1e-12, abs=1e-15)


def test_rows_use_only_the_variables_that_they_reach():
    """The synaptic variables of CUBA cost one factor each; v reads the old ones."""
    system = make_system(CUBA, ["taum", "taue", "taui", "El"])
    _, updates, _ = choose(system, "exact")
    assert [f"{s.target} = {render(s.value)}" for s in updates.statements] == [
        "v = _p_0*v + _p_1*ge + _p_2*gi + _p_3",
        "ge = _p_4*ge",
        "gi = _p_5*gi",
    ]
    assert [t.size for t in updates.tables] == [6]


def test_order_of_the_text_does_not_matter():
    """v comes last in the text and is still computed from the old ge."""
    text = "dge/dt = -ge/taue : 1\ndv/dt = (ge - v)/taum : 1"
    system = make_system(text, ["taum", "taue"])
    assert targets(choose(system, "exact")[1]) == ["v", "ge"]


def test_variables_that_need_each_other_wait_in_a_temporary():
    system = make_system("dx/dt = y : 1\ndy/dt = -x : 1")
    assert targets(choose(system, "exact")[1]) == ["_new_x", "y", "x"]


def test_an_equation_that_only_integrates_has_no_factor():
    _, updates, _ = choose(make_system("dx/dt = b : 1", changing=["b"]), "exact")
    assert [render(s.value) for s in updates.statements] == ["x + _p_0*b"]


def test_a_constant_equation_needs_no_statement():
    assert choose(make_system("dx/dt = 0 : 1"), "exact")[1].statements == ()


# -------------------------------------------------------------------- refractoriness
ADAPTING = """
dv/dt = (El - v - w)/taum : 1 (unless refractory)
dw/dt = (a*v - w)/tauw : 1
"""
ADAPTING_VALUES = {"El": 1.0, "taum": 0.01, "tauw": 0.1, "a": 0.5}


def test_refractory_variables_hold_still_and_others_go_on_exactly():
    """While v holds still it is a constant input of w."""
    system = make_system(ADAPTING, ADAPTING_VALUES)
    start = {"v": np.full(2, 3.0), "w": np.full(2, 0.2)}
    free = np.array([True, False])
    s = Stepper(system, "exact", 2e-3, {**ADAPTING_VALUES, **start}, not_refractory=free)
    s.step(5)
    active = solution([[-100, -100], [5, -10]], [100, 0], [3, 0.2], 1e-2)
    held = solution([[-10.0]], [0.5 * 3 / 0.1], [0.2], 1e-2)
    assert (s.values["v"][0], s.values["w"][0]) == pytest.approx(tuple(active), rel=1e-12)
    assert s.values["v"][1] == 3.0
    assert s.values["w"][1] == pytest.approx(held[0], rel=1e-12)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "exact"])
def test_every_method_holds_refractory_variables(method):
    """v keeps its value bit for bit, and w follows dw/dt with v constant, at least to order 1."""
    text = "dv/dt = (1 - v)*5 : 1 (unless refractory)\ndw/dt = v - w : 1"
    s = Stepper(make_system(text), method, 1e-3, {"v": 3.0, "w": 0.0}, not_refractory=False)
    s.step(100)
    assert s.values["v"] == 3.0
    assert s.values["w"] == pytest.approx(3 * (1 - np.exp(-0.1)), rel=2e-3)


def test_noise_stops_with_the_variable_while_refractory():
    text = "dv/dt = -v + xi : 1 (unless refractory)"
    s = Stepper(make_system(text), "euler", 0.1, {"v": 2.0}, lambda: 1.0, not_refractory=False)
    s.step(3)
    assert s.values["v"] == 2.0
