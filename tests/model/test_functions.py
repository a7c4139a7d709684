"""Functions of scripts in models: compiled where they can be, else called in Python."""

import logging

import numpy as np
import pytest

import rheobase as rb
from rheobase import (
    DEFAULT_FUNCTIONS,
    DimensionMismatchError,
    Function,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    UnknownNameError,
    amp,
    check_units,
    declare_types,
    implementation,
    ms,
    mV,
    second,
    volt,
)
from rheobase.lang.functions import FUNCTIONS
from rheobase.model.functions import timestep

V_HALF = -40 * mV


@check_units(v=volt, result=1)
def gate(v):
    """0 far below V_HALF, 1 far above."""
    x = (v - V_HALF) / (5 * mV)
    if x > 3:
        return 1.0
    if x < -3:
        y = 0.0
        z = 1
    else:
        y = 1 / (1 + np.exp(-x))
        z = 1
    return y * z


@check_units(x=1, y=1, result=1)
def looped(x, y):
    for _ in range(3):
        x = x + y
    return x


def values(model, name="x", n=5, **names):
    """What a subexpression is for each element, by way of a variable set from a text."""
    group = NeuronGroup(n, f"{model}\nshown = {name} : 1\nresult : 1", namespace=names)
    group.result = "shown"
    return np.array(group.result[:])


def warnings_of(caplog):
    """What was warned of; groups of other tests may be collected, and say so, at any time."""
    warned = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    return [m for m in warned if "no run has ever simulated it" not in m]


# ------------------------------------------------------------------ compiled
def test_a_function_of_branches_and_assignments_is_computed_as_python_computes_it(caplog):
    group = NeuronGroup(9, "v : volt\ng = gate(v) : 1\nx : 1")
    group.v = np.linspace(-80, 0, 9) * mV
    with caplog.at_level(logging.WARNING):
        group.x = "g"
    expected = [float(gate(v * volt)) for v in group.v_[:]]
    assert group.x[:] == pytest.approx(expected, rel=1e-14)
    assert not warnings_of(caplog)


def test_numbers_that_a_function_uses_are_read_anew_without_compiling():
    tau = 2 * ms

    @check_units(x=1, result=1 / second)
    def rate(x):
        return x / tau

    group = NeuronGroup(1, "dx/dt = rate(1) : 1")
    net = Network(group)
    net.run(1 * ms)
    kernel = group.state_updater._work()[0].kernel
    tau = 1 * ms
    net.run(1 * ms)
    assert group.x[0] == pytest.approx(0.5 + 1.0)
    assert group.state_updater._work()[0].kernel is kernel


def test_a_plain_function_needs_no_declared_units():
    def larger(a, b):
        return np.where(a > b, a, 2 * b)

    group = NeuronGroup(3, "v : volt\nx = larger(v, 1*mV) : volt\nw : volt")
    group.v = [0, 1, 5] * mV
    group.w = "x"
    assert np.asarray(group.w[:]) == pytest.approx([0.002, 0.002, 0.005])


def test_units_of_a_plain_function_follow_from_its_code():
    def doubled(v):
        return 2 * v + V_HALF

    group = NeuronGroup(1, "x : 1\nz = doubled(x) : volt")
    with pytest.raises(DimensionMismatchError, match=r"in doubled\(\)"):
        Network(group).run(0 * ms)


def test_functions_may_call_functions_and_lambdas():
    twice = lambda x: 2 * x  # noqa: E731

    def outer(x):
        return twice(x) + looser(x) if x > 1 else max(x, 0.5)

    def looser(x):
        x += 1
        x **= 2
        return x

    found = values("", "outer(i)", outer=outer)
    assert found.tolist() == [0.5, 1.0, 13.0, 22.0, 33.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("np.clip(x, 1, 2)", [1, 1, 2]),
        ("abs(x - 1)", [1, 0, 1]),
        ("np.minimum(x, 1) + min(x, 1)", [0, 2, 2]),
        ("np.power(x, 2)", [0, 1, 4]),
        ("1.0 if np.logical_and(x > 0, x < 2) else 0.0", [0, 1, 0]),
        ("1.0 if (x > 0) & ~(x > 1) else 0.0", [0, 1, 0]),
        ("1.0 if np.logical_not(x == 1) else 0.0", [1, 0, 1]),
        ("np.pi*x", [0, np.pi, 2 * np.pi]),
        ("1.0 if 0 < x <= 1 else 0.0", [0, 1, 0]),
        ("-x % 3 + x // 2", [0, 2, 2]),
    ],
)
def test_expressions_of_python_mean_in_models_what_they_mean_there(text, expected, tmp_path):
    file = tmp_path / "functions_of_a_script.py"
    file.write_text(f"import numpy as np\ndef f(x):\n    return {text}\n")
    scope = {}
    exec(compile(file.read_text(), str(file), "exec"), scope)
    assert values("", "f(i)", n=3, f=scope["f"]) == pytest.approx(expected)
    assert [float(scope["f"](np.float64(k))) for k in range(3)] == pytest.approx(expected)


def test_cpp_code_is_ignored_and_said_once(caplog):
    @implementation("cpp", "double half(double v) { return v/2; }")
    @check_units(v=1, result=1)
    def half(v):
        return v / 2

    with caplog.at_level(logging.INFO):
        assert values("", "half(i) + half(1)", n=2, half=half).tolist() == [0.5, 1.0]
    said = [r for r in caplog.records if "cpp" in r.getMessage()]
    assert len(said) == 1
    assert said[0].levelno == logging.INFO
    assert half(3) == 1.5


# ------------------------------------------------------------------ called in Python
def test_what_cannot_be_compiled_is_called_and_the_reason_said_once(caplog):
    @check_units(x=1, result=1)
    def table(x):
        return np.interp(x, [0, 1, 2], [0, 10, 30])

    with caplog.at_level(logging.WARNING):
        found = values("", "table(i/2) + table(2)", n=5, table=table)
    assert found.tolist() == [30, 35, 40, 50, 60]
    said = [m for m in warnings_of(caplog) if "table()" in m]
    assert len(said) == 1
    assert "'[0, 1, 2]'" in said[0]


def test_calls_in_python_see_units():
    @check_units(v=volt, result=amp)
    def current(v):
        assert v.dim is volt.dim
        return np.cumsum(v)[-1] * np.ones(len(v)) * amp / volt

    group = NeuronGroup(3, "v : volt\nc : amp")
    group.v = [1, 2, 3] * volt
    group.c = "current(v)"
    assert group.c_[:].tolist() == [6, 6, 6]


def test_a_wrong_unit_of_a_result_is_refused():
    @check_units(v=volt, result=amp)
    def current(v):
        for _ in range(1):
            v = v + v
        return v

    group = NeuronGroup(3, "v : volt\nc : amp")
    group.v = 1 * volt
    with pytest.raises(DimensionMismatchError, match="should return a value in"):
        group.c = "current(v)"


def test_state_updates_thresholds_and_resets_may_call_python():
    group = NeuronGroup(
        2,
        "dx/dt = looped(1, 1)/(4*ms) : 1\nlevel : 1",
        threshold="looped(x, 0) > looped(level, 1)",
        reset="y = looped(x, 0); x = looped(0, -1) + 0*y",
        method="euler",
    )
    group.level = [-2.05, 1e3]
    monitor = StateMonitor(group, "x", record=True)
    spikes = SpikeMonitor(group)
    Network(group, monitor, spikes).run(2 * ms)
    x, expected, fired = 0.0, [], 0
    for _ in range(20):
        expected.append(x)
        x += 0.1
        if x > 0.95:
            x, fired = -3.0, fired + 1
    assert np.asarray(monitor.x[0]) == pytest.approx(expected)
    assert np.asarray(monitor.x[1]) == pytest.approx(0.1 * np.arange(20))
    assert spikes.count[:].tolist() == [fired, 0]


def test_runge_kutta_calls_python_at_each_of_its_stages():
    group = NeuronGroup(1, "dx/dt = looped(-x, 0)/(1*ms) : 1", method="rk4")
    group.x = 1
    Network(group).run(1 * ms)
    assert group.x[0] == pytest.approx(np.exp(-1), rel=1e-6)


def test_subexpressions_that_call_python_are_recorded():
    group = NeuronGroup(3, "y : 1\nx = looped(y, i) + 1 : 1")
    group.y = "10*i"
    all_, some = (StateMonitor(group, "x", record=r) for r in (True, [2, 0]))
    Network(group, all_, some).run(0.2 * ms)
    assert np.asarray(all_.x)[:, 1].tolist() == [1, 14, 27]
    assert np.asarray(some[2].x).tolist() == [27, 27]


def test_elements_chosen_by_a_condition_are_the_only_ones_that_python_sees():
    seen = []

    @check_units(x=1, result=1)
    def watched(x):
        seen.append(np.array(x))
        return x

    group = NeuronGroup(6, "x : 1")
    group.x["i > 3"] = "watched(i)"
    group.x[[0, 2]] = "watched(10 + i)"
    assert group.x[:].tolist() == [10, 0, 12, 0, 4, 5]
    assert [len(s) for s in seen] == [2, 2]


def test_weights_may_be_computed_in_python():
    group = NeuronGroup(3, "x : 1")
    synapses = Synapses(group, group, "w : 1")
    synapses.connect("i != j")
    synapses.w = "looped(i, j)"
    i, j = np.asarray(synapses.i[:]), np.asarray(synapses.j[:])
    assert np.array_equal(synapses.w[:], i + 3 * j)


def test_events_cannot_call_python():
    group = NeuronGroup(1, "x : 1", threshold="True", reset="")
    synapses = Synapses(group, group, on_pre="x += looped(x, 1)")
    synapses.connect()
    with pytest.raises(ModelTypeError, match="cannot be called for single events"):
        Network(group, synapses).run(0.1 * ms)


def test_random_functions_of_scripts_get_the_elements():
    rng = np.random.default_rng(1)

    def noise(index):
        return rng.random(len(index))

    draw = Function(noise, arg_units=[], return_unit=1, stateless=False, auto_vectorise=True)
    found = values("", "draw() + 2*draw()", n=100, draw=draw)
    assert len(set(found.tolist())) == 100
    assert 0 < found.min() < found.max() < 3


def test_a_numpy_implementation_takes_the_place_of_the_function():
    def slow(x):
        raise AssertionError("not for models")

    f = Function(slow, arg_units=[1], arg_names=["x"], return_unit=1)
    f.implementations.add_numpy_implementation(lambda x: np.sort(x) + 1)
    assert values("", "f(i)", n=3, f=f).tolist() == [1, 2, 3]


def test_units_may_be_discarded():
    @implementation("numpy", discard_units=True)
    @check_units(v=volt, result=volt)
    def shifted(v):
        return np.roll(v, 0) + 0.001 * len(v)

    group = NeuronGroup(2, "v : volt")
    group.v = "shifted(v)"
    assert group.v_[:] == pytest.approx([0.002, 0.002])


# ------------------------------------------------------------------ declarations and faults
def test_declared_types_are_those_of_the_result():
    @declare_types(a="integer", result="integer")
    @check_units(a=1, result=1)
    def twice(a):
        return 2 * a

    assert values("", "twice(i)/4", n=3, twice=twice).tolist() == [0, 0.5, 1]
    assert values("", "twice(i) // 4", n=3, twice=twice).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("declared", "message"),
    [({"a": "double"}, "any, float"), ({"b": "float"}, "no argument 'b'"), ({"a": "highest"}, "a")],
)
def test_wrong_declarations_are_refused(declared, message):
    with pytest.raises(ModelValueError, match=message):

        @declare_types(**declared)
        def f(a):
            return a


def test_a_result_in_a_unit_that_depends_on_the_argument():
    @check_units(x=None, result=lambda d: d**2)
    def squared(x):
        return x**2

    group = NeuronGroup(1, "v : volt\nx : volt**2")
    group.v = 3 * volt
    group.x = "squared(v)"
    assert group.x_[0] == 9


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("gat(v)", UnknownNameError, "gate"),
        ("gate(v, v)", ModelValueError, "takes 1 argument"),
        ("exp(v, v)", ModelSyntaxError, "takes 1 argument"),
        ("gate(i)", DimensionMismatchError, "volt"),
        ("v(3)", ModelSyntaxError, "no function"),
    ],
)
def test_wrong_calls_are_located(code, error, message):
    group = NeuronGroup(1, "v : volt\nx : 1")
    with pytest.raises(error, match=message) as caught:
        group.x = code
    assert "^" in str(caught.value)


def test_a_function_without_units_that_cannot_be_compiled_is_refused():
    def unclear(x):
        while x > 1:
            x = x - 1
        return x

    group = NeuronGroup(1, "x : 1\ny = unclear(x) : 1")
    with pytest.raises(ModelTypeError, match="statement 'while'"):
        Network(group).run(0 * ms)


def test_a_text_knows_a_function_without_units_only_if_the_equations_call_it():
    def used(x):
        return x + 1

    def other(x):
        return x + 1

    group = NeuronGroup(2, "x : 1\ny = used(x) : 1")
    group.x = "used(1)"
    group.x["used(x) > 5"] = "10*used(x)"
    assert group.x[:].tolist() == [2, 2]
    with pytest.raises(UnknownNameError, match=r"other\(x\)\n +\^{8}\n.*declares no units"):
        group.x = "other(x)"
    with pytest.raises(UnknownNameError, match=r"'other' is .* declares no units"):
        group.x["other(x) > 0"] = 3
    group[:1].x = "used(7)"
    other = check_units(x=1, result=1)(other)
    group.x = "other(x)"
    assert group.x[:].tolist() == [9, 3]


def test_a_function_is_no_variable():
    def tau(x):
        return x

    group = NeuronGroup(1, "dx/dt = -x/tau : 1")
    with pytest.raises(UnknownNameError, match=r"'tau' is a function[^$]*Write tau\(x\)"):
        Network(group).run(1 * ms, namespace={"tau": tau})
    stimulus = TimedArray([1, 2] * second, dt=1 * ms)  # noqa: F841
    with pytest.raises(ValueError, match=r"'stimulus' is a function[^$]*Write stimulus\(t\)"):
        group.x = "stimulus/second"


def test_default_functions_are_functions_of_python_too():
    assert set(DEFAULT_FUNCTIONS) == {n for n in FUNCTIONS if not n.startswith("_")}
    assert float(DEFAULT_FUNCTIONS["exp"](0)) == 1.0
    assert DEFAULT_FUNCTIONS["sqrt"](4 * volt**2) == 2 * volt


def test_functions_in_the_namespace_of_a_group_come_before_those_of_the_run():
    group = NeuronGroup(1, "x = f(1) : 1", namespace={"f": lambda x: x + 1})
    monitor = StateMonitor(group, "x", record=True)
    Network(group, monitor).run(0.1 * ms, namespace={"f": lambda x: x + 2})
    assert monitor.x[0, 0] == 2


def test_subexpressions_keep_the_functions_of_their_own_group():
    inner = NeuronGroup(1, "y = f(1) : 1\nz : 1", namespace={"f": lambda x: x + 1})
    outer = NeuronGroup(1, "a : 1", threshold="True", reset="", namespace={})
    synapses = Synapses(outer, inner, on_pre="z_post = y_post + f(0)", namespace={"f": lambda x: 5})
    synapses.connect()
    Network(inner, outer, synapses).run(0.1 * ms)
    assert inner.z[0] == 7


def test_seeds_give_the_same_numbers_where_python_is_called_between_kernels():
    found = []
    for _ in range(2):
        rb.seed(3)
        group = NeuronGroup(4, "x : 1")
        group.x = "rand() + looped(rand(), 0)"
        found.append(group.x[:].tolist())
    assert found[0] == found[1]
    assert len(set(found[0])) == 4


def test_a_function_that_declares_no_unit_of_its_result_is_refused():
    @check_units(x=1)
    def f(x):
        return x

    group = NeuronGroup(1, "x : 1")
    with pytest.raises(ModelValueError, match="not that of its result"):
        group.x = "f(x)"


def test_timestep_counts_steps_in_python_as_in_models():
    times = np.arange(1000) * 0.1 * ms
    assert timestep(times, 0.1 * ms).tolist() == list(range(1000))
    assert timestep(0.25 * ms, 0.1 * ms) == 2
    assert timestep(0.0005, 0.0001) == 5  # plain numbers are steps of no unit
    assert timestep(np.array([0.0005]), 0.0001).shape == (1,)
    for t, dt in ((1, 0.1 * ms), (1 * volt, 1 * volt)):
        with pytest.raises(DimensionMismatchError, match="two times, or two plain numbers"):
            timestep(t, dt)


def test_numbers_of_functions_in_the_namespace_of_a_group_are_read_anew_too():
    tau = 2 * ms
    group = NeuronGroup(1, "dx/dt = f(x)/second : 1", namespace={"f": lambda x: second / tau})
    net = Network(group)
    net.run(1 * ms, namespace={})
    tau = 1 * ms
    net.run(1 * ms, namespace={})
    assert group.x[0] == pytest.approx(0.5 + 1.0)
