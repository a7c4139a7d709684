"""Functions of time that are given as numbers."""

import logging

import numpy as np
import pytest

from rheobase import (
    DimensionMismatchError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    TimedArray,
    UnsupportedEquationsError,
    defaultclock,
    hertz,
    ms,
    mV,
    second,
    volt,
)


def recorded(model, duration, n=1, variable="x", **constants):
    group = NeuronGroup(n, model)
    monitor = StateMonitor(group, variable, record=True)
    Network(group, monitor).run(duration, namespace=constants)
    return np.asarray(getattr(monitor, variable))


def test_each_value_holds_from_its_time_to_the_next_and_the_last_for_ever():
    f = TimedArray([1, 2, 3], dt=0.3 * ms)
    x = recorded("x = f(t) : 1", 1.5 * ms, f=f)
    assert x[0].tolist() == [1] * 3 + [2] * 3 + [3] * 9


def test_calls_in_python_and_in_models_agree_at_every_step():
    f = TimedArray(np.arange(100.0), dt=0.25 * ms)
    x = recorded("x = f(t) : 1", 10 * ms, f=f)[0]
    times = np.arange(100) * 0.1 * ms
    assert np.array_equal(x, f(times))
    k = np.arange(100)
    assert np.array_equal(x, (2 * k) // 5)  # 0.1 ms is 2/5 of a step


def test_values_keep_their_unit_and_times_before_zero_have_the_first():
    f = TimedArray([1, 2] * mV, dt=1 * ms)
    assert f(-5 * ms) == 1 * mV
    assert f([0, 1, 7] * ms).tolist() == ([1, 2, 2] * mV).tolist()
    assert f.dt == 1e-3
    assert f.values.tolist() == [0.001, 0.002]


def test_columns_are_chosen_by_the_second_argument():
    f = TimedArray(np.arange(6).reshape(2, 3) * mV, dt=1 * ms)
    x = recorded("x = f(t, i) : volt", 2 * ms, n=3, f=f)
    assert x[:, 0].tolist() == [0, 0.001, 0.002]
    assert x[:, 10].tolist() == [0.003, 0.004, 0.005]
    assert f(1 * ms, [0, 2]).tolist() == ([3, 5] * mV).tolist()


def test_a_column_that_does_not_exist_is_nan_in_models_and_an_error_in_python():
    f = TimedArray(np.ones((2, 3)), dt=1 * ms)
    x = recorded("x = f(t, i + 1) : 1", 0.1 * ms, n=3, f=f)
    assert np.isnan(x[:, 0]).tolist() == [False, False, True]
    for column in (3, -1, 0.5):
        with pytest.raises(IndexError, match=r"column|out of bounds"):
            f(0 * ms, column)


def test_new_numbers_take_effect_without_a_new_kernel():
    f = TimedArray([1.0, 2.0], dt=1 * ms)
    group = NeuronGroup(1, "dx/dt = f(t)/second : 1", namespace={"f": f})
    net = Network(group)
    net.run(1 * ms)
    kernel = group.state_updater._work()[0].kernel
    f.values[1] = 5
    net.run(1 * ms)
    assert group.x[0] == pytest.approx(1e-3 + 5e-3)
    f.values = np.arange(10.0)
    net.run(1 * ms)
    assert group.x[0] == pytest.approx(1e-3 + 5e-3 + 2e-3)
    assert group.state_updater._work()[0].kernel is kernel


def test_linear_equations_with_aligned_values_are_solved_exactly():
    f = TimedArray([1.0, 0.0, 2.0], dt=1 * ms)
    group = NeuronGroup(1, "dx/dt = (f(t) - x)/(1*ms) : 1", method="exact", namespace={"f": f})
    Network(group).run(3 * ms)
    x = 0.0
    for value in (1.0, 0.0, 2.0):
        x = value + (x - value) * np.exp(-1)
    assert group.x[0] == pytest.approx(x, rel=1e-12)


def test_values_that_change_within_a_step_are_refused_by_exact():
    f = TimedArray(np.arange(100.0), dt=0.05 * ms)
    group = NeuronGroup(1, "dx/dt = (f(t) - x)/(1*ms) : 1", method="exact")
    with pytest.raises(UnsupportedEquationsError, match="not constant over a step"):
        Network(group).run(1 * ms, namespace={"f": f})


def test_a_new_dt_of_the_group_decides_again_whether_exact_applies():
    f = TimedArray([1.0, 0.0, 2.0], dt=1 * ms)
    model = "dx/dt = (f(t) - x)/(1*ms) : 1"
    group = NeuronGroup(1, model, method=["exact", "euler"], namespace={"f": f}, dt=0.1 * ms)
    net = Network(group)
    net.run(0.3 * ms)
    assert group.state_updater.method.name == "exact"
    group.clock.dt = 0.3 * ms
    net.run(0.3 * ms)
    assert group.state_updater.method.name == "euler"


def test_grids_that_do_not_coincide_are_warned_of_once(caplog):
    f = TimedArray([1.0, 2.0], dt=0.25 * ms)
    model = "x = f(t) : 1\ndy/dt = f(t)/second : 1"
    group = NeuronGroup(1, model, namespace={"f": f})
    with caplog.at_level(logging.WARNING):
        net = Network(group)
        net.run(0.1 * ms)
        net.run(0.1 * ms)
    said = [r.getMessage() for r in caplog.records if "coincide" in r.getMessage()]
    assert len(said) == 1
    assert "0.25 ms" in said[0]


def test_rates_and_thresholds_may_be_functions_of_time():
    f = TimedArray([0, 1 / float(defaultclock.dt)] * hertz, dt=1 * ms)
    poisson = PoissonGroup(5, rates="f(t)", namespace={"f": f})
    g = TimedArray([1.0, 0.0, 1.0], dt=0.5 * ms)
    group = NeuronGroup(2, "v : 1", threshold="g(t) > 0.5", reset="v += 1", namespace={"g": g})
    spikes = SpikeMonitor(poisson)
    Network(poisson, group, spikes).run(2 * ms)
    assert len(spikes.t) == 5 * 10
    assert min(spikes.t_) == pytest.approx(1e-3)
    assert group.v[0] == 5 + 10


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: TimedArray(np.zeros((2, 2, 2)), dt=1 * ms), NotImplementedError, "two dimensions"),
        (lambda: TimedArray([1, 2], dt=0 * ms), ModelValueError, "positive time"),
        (lambda: TimedArray([1, 2], dt=1), DimensionMismatchError, "must be a time"),
        (lambda: TimedArray([], dt=1 * ms), ModelValueError, "at least one value"),
        (lambda: TimedArray([1], dt=1 * ms)(3), DimensionMismatchError, "t must be a time"),
        (lambda: TimedArray([1], dt=1 * ms)(0 * ms, 2), ModelTypeError, "1 dimensions"),
        (lambda: TimedArray([[1]], dt=1 * ms)(0 * ms), ModelTypeError, "2 dimensions"),
    ],
)
def test_wrong_arrays_and_calls_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("code", "message"),
    [("f(v)", "second"), ("f(t, i)", "takes 1 argument"), ("f", "'f' is")],
)
def test_wrong_calls_in_models_are_located(code, message):
    f = TimedArray([1.0], dt=1 * ms)
    group = NeuronGroup(1, f"v : volt\nx = {code} : 1")
    monitor = StateMonitor(group, "x", record=True)
    with pytest.raises((DimensionMismatchError, ValueError, KeyError), match=message):
        Network(group, monitor).run(1 * ms, namespace={"f": f})


def test_a_unit_that_does_not_fit_the_equation_is_refused():
    f = TimedArray([1] * volt, dt=1 * ms)
    group = NeuronGroup(1, "dx/dt = f(t) : 1")
    with pytest.raises(DimensionMismatchError, match="volt"):
        Network(group).run(1 * ms, namespace={"f": f})


def test_values_keep_their_unit_when_they_are_replaced():
    f = TimedArray([1] * volt, dt=1 * ms)
    with pytest.raises(DimensionMismatchError, match="volt"):
        f.values = [1] * second
    with pytest.raises(ModelValueError, match="dimensions"):
        f.values = [[1]] * volt
