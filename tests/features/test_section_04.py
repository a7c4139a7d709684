"""Section 4 of the contract, functions: sentences that tests/model leaves open."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import (
    DEFAULT_FUNCTIONS,
    BinomialFunction,
    DimensionMismatchError,
    Function,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    TimedArray,
    amp,
    check_units,
    declare_types,
    implementation,
    ms,
    mV,
    nA,
    ohm,
    volt,
)

PURE = [
    "cos",
    "sin",
    "tan",
    "cosh",
    "sinh",
    "tanh",
    "exp",
    "log",
    "log10",
    "expm1",
    "exprel",
    "log1p",
    "arccos",
    "arcsin",
    "arctan",
]


def values(model, n=1, **names):
    group = NeuronGroup(n, model, namespace=names)
    return np.asarray(group.x[:])


@pytest.mark.parametrize("name", PURE)
def test_transcendental_functions_take_and_give_pure_numbers(name):
    expected = {"exprel": np.expm1(0.3) / 0.3}.get(name)
    wanted = getattr(np, name)(0.3) if expected is None else expected
    assert values(f"x = {name}(0.3) : 1")[0] == pytest.approx(wanted, rel=1e-15)
    with pytest.raises(DimensionMismatchError, match=rf"{name}\(\) takes a pure number"):
        NeuronGroup(1, f"x = {name}(0.3*mV) : 1")


@pytest.mark.parametrize(
    ("code", "unit", "value"),
    [
        ("sqrt(4*volt**2)", "volt", 2),
        ("abs(-3*volt)", "volt", 3),
        ("ceil(2.5*volt)", "volt", 3),
        ("floor(2.5*volt)", "volt", 2),
        ("sign(-2*volt)", "1", -1),
        ("clip(5*volt, 1*volt, 3*volt)", "volt", 3),
    ],
)
def test_functions_that_carry_units(code, unit, value):
    assert values(f"x = {code} : {unit}")[0] == value


def test_int_is_of_booleans_and_floats_and_makes_integers():
    assert values("x = int(i > 1)*2 : integer", 3).tolist() == [0, 0, 2]
    assert values("x = int(-2.7) : integer").tolist() == [-2]


def test_timestep_is_the_number_of_the_step_in_spite_of_rounding():
    group = NeuronGroup(
        1, "x = timestep(t, dt) : integer\nn = t_in_timesteps : integer", dt=0.1 * ms
    )
    monitor = StateMonitor(group, ["x", "n"], record=True)
    Network(group, monitor).run(100 * ms)
    assert (monitor.x[0] == np.arange(1000)).all()
    assert (monitor.n[0] == np.arange(1000)).all()


@pytest.mark.parametrize("name", ["rand", "randn", "poisson"])
def test_random_functions_draw_once_for_each_element_and_are_not_stateless(name):
    assert DEFAULT_FUNCTIONS[name].stateless is False
    group = NeuronGroup(300, "x : 1\ny : 1")
    code = f"{name}({'1000.0' if name == 'poisson' else ''})"
    group.x = code
    group.y = code
    x, y = np.asarray(group.x[:]), np.asarray(group.y[:])
    assert len(np.unique(x)) > 50
    assert (x != y).mean() > 0.9
    group.x = 0
    group.x["i < 10"] = code
    assert not np.asarray(group.x[10:]).any()


def test_two_draws_in_one_expression_are_independent():
    group = NeuronGroup(2000, "x : 1")
    group.x = "rand() - rand()"
    x = np.asarray(group.x[:])
    assert x.var() == pytest.approx(1 / 6, rel=0.15)
    assert abs(x.mean()) < 0.04


def test_results_in_units_that_follow_from_the_arguments():
    @check_units(x=None, y="x", result=lambda x, y: x**2)
    def f(x, y):
        return x * y

    assert values("x = f(2*volt, 3*volt) : volt**2", f=f)[0] == 6
    with pytest.raises(DimensionMismatchError, match=r"f\(\)"):
        NeuronGroup(1, "x = f(2*volt, 3*amp) : volt**2", namespace={"f": f})
    with pytest.raises(DimensionMismatchError, match="f"):
        f(2 * volt, 3 * amp)


def test_results_that_are_true_or_false():
    @check_units(x=volt, result=bool)
    def above(x):
        return x > 1 * mV

    group = NeuronGroup(2, "v : volt", threshold="above(v)", namespace={"above": above})
    group.v = [0, 2] * mV
    spikes = SpikeMonitor(group)
    Network(group, spikes).run(0.1 * ms)
    assert spikes.i[:].tolist() == [1]


def test_declared_types_highest_follows_the_arguments():
    @declare_types(a="integer", b="any", result="highest")
    @check_units(a=1, b=1, result=1)
    def larger(a, b):
        return a if a > b else b

    assert values("x = larger(i, 2)//2 : integer", 6, larger=larger).tolist() == [1, 1, 1, 1, 2, 2]


def test_implementations_take_the_options_of_a_compiler():
    @implementation("cpp", "double half(double x) { return x/2; }", headers=["<cmath>"], sources=[],
                    define_macros=[], libraries=[], include_dirs=[], library_dirs=[],
                    runtime_library_dirs=[], dependencies={}, namespace={})  # fmt: skip
    @implementation("cython", "cdef double half(double x): return x/2")
    @check_units(x=1, result=1)
    def half(x):
        return x / 2

    assert values("x = half(i) : 1", 3, half=half).tolist() == [0, 0.5, 1]


def test_function_objects_with_implementations_and_dependencies():
    f = Function(lambda v: 2 * v, arg_units=[volt], arg_names=["v"], return_unit=volt)
    f.implementations.add_implementation(
        "cpp", "...", dependencies={"exp": DEFAULT_FUNCTIONS["exp"]}
    )
    f.implementations.add_dynamic_implementation("cython", lambda owner: "...")
    assert values("x = f(3*volt) : volt", f=f)[0] == 6
    f.implementations.add_numpy_implementation(lambda v: 5 * v, discard_units=True)
    assert values("x = f(3*volt) : volt", f=f)[0] == 15
    assert f.is_locally_constant(0.1) is False


def test_auto_vectorised_functions_get_the_numbers_of_the_elements():
    def weight(x, _vectorisation_idx):
        return x + 10 * np.asarray(_vectorisation_idx)

    f = Function(
        weight, arg_units=[1], return_unit=1, arg_names=["x"], auto_vectorise=True, stateless=False
    )
    group = NeuronGroup(3, "x : 1", namespace={"f": f})
    group.run_regularly("x = f(1)")
    Network(group).run(0.1 * ms)
    assert np.asarray(group.x[:]).tolist() == [1, 11, 21]


def test_plain_functions_without_units_are_no_names_unless_equations_call_them():
    def gate(x):
        return 2 * x

    group = NeuronGroup(2, "x : 1", namespace={"gate": gate})
    with pytest.raises(KeyError, match="declares no units"):
        group.x = "gate(i)"
    group = NeuronGroup(2, "x : 1\ny = gate(x) : 1", namespace={"gate": gate})
    group.x = "gate(i + 1)"
    assert np.asarray(group.y[:]).tolist() == [4, 8]


def test_values_of_timed_arrays_hold_from_step_to_step():
    array = TimedArray([1, 2, 4] * nA, dt=2 * ms)
    times = [-1, 0, 1.9, 2, 5.9, 6, 100]
    assert [array(t * ms) / nA for t in times] == pytest.approx([1, 1, 1, 2, 4, 4, 4])
    assert float(array.dt) == 2e-3
    assert array.values.tolist() == pytest.approx([1e-9, 2e-9, 4e-9])
    group = NeuronGroup(1, "dv/dt = (array(t)*R - v)/(5*ms) : volt", method="exact")
    Network(group).run(2 * ms, namespace={"array": array, "R": 1e6 * ohm})
    assert group.v[0] / mV == pytest.approx(1 - np.exp(-2 / 5), rel=1e-12)


def test_timed_arrays_of_two_dimensions_take_a_column():
    array = TimedArray(np.arange(6).reshape(3, 2) * mV, dt=1 * ms)
    assert array(1.5 * ms, 1) == 3 * mV
    group = NeuronGroup(2, "x = array(t, i) : volt")
    monitor = StateMonitor(group, "x", record=True, dt=1 * ms)
    Network(group, monitor).run(3 * ms, namespace={"array": array})
    assert np.allclose(monitor.x / mV, np.arange(6).reshape(3, 2).T)
    with pytest.raises(NotImplementedError, match="3"):
        TimedArray(np.zeros((2, 2, 2)), dt=1 * ms)


@pytest.mark.parametrize(("n", "p"), [(10, 0.2), (100, 0.5)])
@pytest.mark.parametrize("approximate", [True, False])
def test_binomial_numbers_have_mean_and_variance_of_the_distribution(n, p, approximate):
    f = BinomialFunction(n, p, approximate=approximate)
    group = NeuronGroup(4000, "x : 1", namespace={"f": f})
    group.x = "f()"
    x = np.asarray(group.x[:])
    assert x.mean() == pytest.approx(n * p, abs=5 * np.sqrt(n * p * (1 - p) / 4000))
    assert x.var() == pytest.approx(n * p * (1 - p), rel=0.15)
