"""Methods that choose their step, in groups: options, variables, failures, both backends."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import (
    DimensionMismatchError,
    Hz,
    IntegrationError,
    Network,
    NeuronGroup,
    StateMonitor,
    Synapses,
    TimedArray,
    UnsupportedEquationsError,
    amp,
    ms,
    mV,
    prefs,
    second,
    volt,
)
from rheobase.integration import METHODS
from rheobase.integration.control import OPTIONS
from rheobase.ir.printer import print_kernel

ADAPTIVE = [name for name, m in METHODS.items() if m.options is OPTIONS]


def run_for(group, duration) -> None:
    Network(group).run(duration)


def decaying(method: str, dt=100 * ms, n: int = 5, **options) -> NeuronGroup:
    made = NeuronGroup(
        n, "dv/dt = -v*k : 1\nk : Hz (constant)", method=method, dt=dt, method_options=options
    )
    made.v = 1
    made.k = np.linspace(1, 100, n) * Hz
    return made


@pytest.mark.parametrize("method", ADAPTIVE)
def test_each_element_takes_the_steps_that_it_needs(method):
    """Rates that differ a hundredfold, against the exponential; the fast take more steps."""
    group = decaying(method, absolute_error=1e-6, save_step_count=True, max_steps=1000)
    run_for(group, 100 * ms)
    np.testing.assert_allclose(group.v[:], np.exp(-0.1 * np.linspace(1, 100, 5)), atol=1e-6)
    assert group._step_count[0] < group._step_count[-1]
    assert group._last_timestep[0] > group._last_timestep[-1]


@pytest.mark.parametrize("method", ADAPTIVE)
def test_a_fixed_step_converges_at_the_order_stated(method):
    """x = 1/(1 + t), y = (1 + t)**2 solve dx/dt = -x**2, dy/dt = 2*x*y; slopes of the error."""
    order = METHODS[method].order
    errors, steps = [], np.array([8, 16]) if order > 5 else np.array([64, 128])
    for n in steps:
        group = NeuronGroup(
            1, "dx/dt = -x**2*Hz : 1\ndy/dt = 2*x*y*Hz : 1", method=method, dt=second / n,
            method_options={"adaptable_timestep": False},
        )  # fmt: skip
        group.x = group.y = 1
        run_for(group, 1 * second)
        errors.append(abs(group.y[0] - 4))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_time_is_that_of_the_stage(method):
    """dx/dt = x*cos(t) is solved by exp(sin(t)), in steps as long as the clock's."""
    group = NeuronGroup(
        1, "dx/dt = x*cos(t/second)*Hz : 1", method=method, dt=1 * second,
        method_options={"absolute_error": 1e-7, "max_steps": 10000},
    )  # fmt: skip
    group.x = 1
    run_for(group, 2 * second)
    assert group.x[0] == pytest.approx(np.exp(np.sin(2)), abs=1e-6)


@pytest.mark.parametrize("method", ["gsl", "rosenbrock"])
def test_a_timed_array_on_the_grid_holds_during_each_step(method):
    """Its steps are no kinks within a step: dx/dt = I(t) is summed exactly, from few steps."""
    current = TimedArray([1.0, -2.0, 5.0], dt=10 * ms)
    group = NeuronGroup(1, "dx/dt = current(t)/(10*ms) : 1", method=method, dt=10 * ms,
                        method_options={"save_failed_steps": True},
                        namespace={"current": current})  # fmt: skip
    monitor = StateMonitor(group, ["x", "_failed_steps"], record=True)
    Network(group, monitor).run(40 * ms)
    np.testing.assert_allclose(monitor.x[0], [0, 1, -1, 4], atol=1e-13)
    assert not monitor._failed_steps[0].any()


@pytest.mark.parametrize("method", ["gsl_rk2", "rosenbrock"])
def test_a_timed_array_within_steps_is_followed(method):
    """Steps of the current that the clock does not see: the integral is right to the tolerance."""
    current = TimedArray([1.0, -2.0, 5.0], dt=3 * ms)
    group = NeuronGroup(1, "dx/dt = current(t)/(1*ms) : 1", method=method, dt=10 * ms,
                        method_options={"absolute_error": 1e-5, "max_steps": 1000},
                        namespace={"current": current})  # fmt: skip
    run_for(group, 10 * ms)
    assert group.x[0] == pytest.approx(3 - 6 + 20, abs=1e-4)


def test_variables_are_kept_as_the_options_say():
    options = {"save_failed_steps": True, "save_step_count": True}
    assert "_step_count" not in decaying("gsl_rkf45").variables
    assert "_last_timestep" not in decaying("gsl_rkf45", use_last_timestep=False).variables
    assert "_last_timestep" not in decaying("gsl_rkf45", adaptable_timestep=False).variables
    group = decaying("gsl_rkf45", **options)
    monitor = StateMonitor(group, ["_step_count", "_failed_steps", "_last_timestep"], record=0)
    Network(group, monitor).run(200 * ms)
    assert monitor._step_count[0].tolist() == [0, 3]  # of dt/10, dt/2 and the rest
    assert monitor._last_timestep[0, 0] == 0 * second
    assert monitor._last_timestep[0, 1] > 0 * second


def test_an_element_that_cannot_finish_is_named_with_its_time():
    """dx/dt = x**2 from 1 has no solution from t = 1 on."""
    model = "dx/dt = x**2/second : 1"
    group = NeuronGroup(3, model, method="gsl_rkf45", dt=100 * ms, name="rocket")
    group.x = [0.1, 1, 0.2]
    with pytest.raises(IntegrationError, match=r"'rocket'.* of element 1 at\s+t = (0.9|1\.) s"):
        run_for(group, 2 * second)


def test_too_few_steps_are_a_failure():
    with pytest.raises(IntegrationError, match="'max_steps'"):
        run_for(decaying("gsl_rk2", absolute_error=1e-10, max_steps=5), 100 * ms)


def test_refractory_variables_hold_still_and_thresholds_see_the_result():
    group = NeuronGroup(
        2, "dv/dt = (2 - v)/(10*ms) : 1 (unless refractory)\ndw/dt = -w/(10*ms) : 1",
        threshold="v > 1", reset="v = 0", refractory=5 * ms, method="gsl_rkf45", dt=1 * ms,
    )  # fmt: skip
    group.w = 1
    monitor = StateMonitor(group, ["v", "w"], record=True)
    Network(group, monitor).run(30 * ms)
    spikes = np.flatnonzero(np.diff(monitor.v[0]) < 0)
    assert spikes.tolist() == [6, 17, 28]  # log(2)*10 ms, and 5 ms more each time
    assert (monitor.v[0, spikes[0] + 1 : spikes[0] + 5] == 0).all()
    np.testing.assert_allclose(monitor.w[0], np.exp(-np.arange(30) / 10), atol=1e-5)


def test_synapses_are_integrated_by_it():
    source = NeuronGroup(3, "x : 1 (constant)")
    synapses = Synapses(source, source, "dw/dt = -w*x_pre/(10*ms) : 1 (clock-driven)",
                        method="gsl_rkf45", dt=5 * ms)  # fmt: skip
    synapses.connect()
    source.x = [1, 2, 3]
    synapses.w = 1
    Network(source, synapses).run(10 * ms)
    np.testing.assert_allclose(synapses.w[:], np.exp(-np.repeat([1, 2, 3], 3)), atol=1e-6)


def test_the_tolerance_of_one_variable_may_differ():
    """A current of 1e-9 A needs a tolerance of its own."""
    model = "dI/dt = -I/(1*ms) : amp\ndv/dt = -v/(10*ms) : volt"
    errors = []
    for tolerance in (None, {"I": 1e-15 * amp}):
        group = NeuronGroup(1, model, method="gsl_rkf45", dt=5 * ms,
                            method_options={"absolute_error_per_variable": tolerance})  # fmt: skip
        group.I, group.v = 1e-9 * amp, 1 * mV
        run_for(group, 5 * ms)
        errors.append(abs(float(group.I[0]) - 1e-9 * np.exp(-5)))
    assert errors[1] < 1e-15 < errors[0]


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"step": 1}, KeyError, "has no option 'step'.*max_steps"),
        ({"max_steps": "many"}, TypeError, "'max_steps' is a number"),
        ({"absolute_error": -1.0}, ValueError, "'absolute_error' is above 0"),
        ({"absolute_error": 1 * mV}, TypeError, "in SI units"),
        ({"use_last_timestep": 3}, TypeError, "True or False, not 3"),
        ({"absolute_error_per_variable": 3}, TypeError, "a dictionary"),
        ({"absolute_error_per_variable": {"u": 1}}, KeyError, "'u', which has no equation"),
        (
            {"absolute_error_per_variable": {"v": 1 * volt}},
            DimensionMismatchError,
            "The tolerance of 'v'",
        ),
    ],
)
def test_options_that_mean_nothing_are_refused(options, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        run_for(decaying("gsl_rkf45", **options), 100 * ms)


@pytest.mark.parametrize("method", ["gsl_rkf45", "rosenbrock"])
@pytest.mark.parametrize(
    "model, message",
    [
        ("dv/dt = -v/ms + xi*ms**-0.5 : 1", "is noise"),
        ("dv/dt = (rand() - v)/ms : 1", "another value at each call"),
        ("dv/dt = -v/ms : 1 (shared)", "is shared"),
    ],
)
def test_equations_beyond_it_are_refused(method, model, message):
    with pytest.raises(UnsupportedEquationsError, match=message):
        run_for(NeuronGroup(2, model, method=method), 1 * ms)


def test_changing_a_tolerance_compiles_nothing():
    """Numbers are data: the same kernel text, whatever the tolerance and the number of steps."""
    texts = set()
    for tolerance in (1e-3, 1e-6):
        group = decaying("gsl_rkf45", absolute_error=tolerance, max_steps=int(1 / tolerance))
        network = Network(group)
        network.run(100 * ms)
        texts.add(kernel_text(group))
    assert len(texts) == 1


def kernel_text(group: NeuronGroup) -> str:
    return print_kernel(group.state_updater._work()[0].kernel)


@pytest.mark.parametrize("method", ["gsl_rkf45", "rosenbrock"])
def test_threads_change_nothing(method):
    """Elements that need from one step to dozens, on one thread and on two: equal bit for bit."""
    results = []
    for threads in (1, 2):
        prefs.core.threads = threads
        try:
            group = decaying(method, n=1000, absolute_error=1e-9, max_steps=1000)
            run_for(group, 200 * ms)
        finally:
            prefs.core.threads = 1
        results.append(group.v[:])
    np.testing.assert_array_equal(*results)


STIFF_MODEL = "dv/dt = (w - v)/(1*us) : 1\ndw/dt = -w/(10*ms) : 1"


def test_stiffness_is_reported_once_with_the_variable_and_what_to_try(caplog):
    """v follows w with 1 us; the exact solution is smooth, yet rkf45 takes hundreds of steps."""
    group = NeuronGroup(2, STIFF_MODEL, method="gsl_rkf45", dt=1 * ms, name="cells",
                        method_options={"max_steps": 10000})  # fmt: skip
    group.v = group.w = 1
    network = Network(group)
    network.run(5 * ms)
    network.run(5 * ms)
    said = [r.getMessage() for r in caplog.records if "stiff" in r.name]
    assert len(said) == 1
    assert "'cells'" in said[0]
    assert "'v' is stiff: it returns within 1e-06 s" in said[0]
    assert "method='rosenbrock'" in said[0]


def test_rosenbrock_takes_few_steps_where_stability_would_rule():
    steps = {}
    for method in ("gsl_rkf45", "rosenbrock"):
        options = {"max_steps": 10000, "save_step_count": True}
        group = NeuronGroup(1, STIFF_MODEL, method=method, dt=1 * ms, method_options=options)
        group.v = group.w = 1
        run_for(group, 5 * ms)
        steps[method] = int(group._step_count[0])
        assert group.v[0] == pytest.approx(np.exp(-0.5) / (1 - 1e-4), abs=2e-6)
    assert steps["rosenbrock"] <= 3
    assert steps["gsl_rkf45"] > 100


def test_a_failure_for_stiffness_says_so():
    group = NeuronGroup(1, STIFF_MODEL, method="gsl_rkf45", dt=1 * ms)
    group.v = group.w = 1
    with pytest.raises(IntegrationError, match=r"(?s)'v' is stiff there.*method='rosenbrock'"):
        run_for(group, 5 * ms)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
def test_accuracy_is_not_taken_for_stiffness(caplog, tolerance):
    """Many steps that the error demands: an oscillation of 1 kHz, seen by a clock of 10 ms."""
    group = NeuronGroup(1, "dx/dt = -y*k : 1\ndy/dt = x*k - y/(100*ms) : 1\nk : Hz", dt=10 * ms,
                        method="gsl_rkf45", method_options={"max_steps": 10000})  # fmt: skip
    group.x, group.k = 1, 2 * np.pi * 1000 * Hz
    run_for(group, 50 * ms)
    assert not [r for r in caplog.records if "stiff" in r.name]
