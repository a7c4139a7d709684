"""Devices: scripts for C++ standalone mode run, and mean the same."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    ModelValueError,
    Network,
    NeuronGroup,
    StateMonitor,
    TimedArray,
    all_devices,
    device,
    get_device,
    ms,
    reset_device,
    set_device,
)
from rheobase.devices import Device, runtime_device
from rheobase.errors import UnsupportedError


def test_recorded_runs_and_what_is_set_between_them_happen_at_build():
    set_device("cpp_standalone", build_on_run=False)
    group = NeuronGroup(1, "dv/dt = rate : 1\nrate : Hz")
    group.rate = 1 / ms
    monitor = StateMonitor(group, "v", record=0)
    rb.run(1 * ms)
    group.rate = "2/ms"
    group.v = 10
    rb.run(1 * ms)
    assert len(monitor.t) == 0
    device.build(directory="out", compile=True, run=True, debug=False)
    assert_allclose(monitor.v[0], [*np.arange(10) / 10, *(10 + np.arange(10) / 5)], atol=1e-12)
    with pytest.raises(RuntimeError, match="reinit"):
        device.build()
    device.reinit()
    device.activate()
    assert not device.has_been_run


def test_a_built_simulation_runs_again_with_other_values():
    set_device("cpp_standalone", build_on_run=False)
    stimulus = TimedArray([1.0, 2.0], dt=1 * ms)
    group = NeuronGroup(2, "dv/dt = (stimulus(t) + extra)/ms : 1\nextra : 1")
    rb.run(2 * ms)
    device.build(run=False)
    device.run()
    assert_allclose(group.v_, [3, 3])
    device.run(run_args={group.extra: [0, 1], stimulus: [5.0, 0.0]})
    assert_allclose(group.v_, [5, 7])
    device.run()
    assert_allclose(group.v_, [3, 3])
    with pytest.raises(ModelValueError, match="neither a variable"):
        device.run(run_args={"v": 3})


def test_a_second_run_repeats_the_first_after_seed_and_differs_without():
    finals = []
    for value in (None, 7):
        set_device("cpp_standalone", build_on_run=False)
        if value is not None:
            rb.seed(value)
        group = NeuronGroup(5, "dv/dt = xi/ms**0.5 : 1", method="euler")
        net = Network(group)
        net.run(1 * ms)
        device.build()
        first = group.v_[:].copy()
        device.run()
        finals.append((first, group.v_[:].copy()))
        device.reinit()
    assert (finals[0][0] != finals[0][1]).all()
    assert_array_equal(*finals[1])


def test_with_build_on_run_a_run_runs():
    set_device("cpp_standalone", directory="anywhere")
    group = NeuronGroup(1, "dv/dt = 1/ms : 1")
    rb.run(1 * ms)
    assert_allclose(group.v_[0], 1)
    assert device.project_dir == "anywhere"
    with pytest.raises(RuntimeError, match="leave it out"):
        device.build()
    device.build(direct_call=False)
    device.run(run_args={group.v: 1})
    assert_allclose(group.v_[0], 2)


def test_a_network_that_never_ran_is_built_without_effect():
    set_device("cpp_standalone", build_on_run=False)
    device.build()
    device.delete()
    device.apply_run_args()


def test_code_in_another_language_is_refused():
    set_device("cpp_standalone", build_on_run=False)
    with pytest.raises(UnsupportedError, match="no C\\+\\+ program"):
        device.insert_code("main", "int x;")
    with pytest.raises(UnsupportedError, match=r"extra\.cpp"):
        device.build(additional_source_files=["extra.cpp"])


def test_devices_are_set_and_reset_in_order():
    class Own(Device):
        pass

    one, two = Own(), Own()
    all_devices["one"] = one
    try:
        set_device("one", build_on_run=False, option=1)
        set_device(two)
        assert get_device() is two
        reset_device()
        assert get_device() is one
        assert (one.build_on_run, one.build_options) == (False, {"option": 1})
        reset_device()
        assert get_device() is runtime_device
        reset_device()
        assert get_device() is runtime_device
    finally:
        del all_devices["one"]
    with pytest.raises(ModelValueError, match="Did you mean 'cpp_standalone'"):
        set_device("cpp_standalon")


def test_a_device_may_know_one_schedule_only(caplog):
    class Narrow(Device):
        network_schedule = ("start", "end")

    set_device(Narrow())
    net = Network(NeuronGroup(1, "v : 1"))
    net.run(0 * ms)
    assert any("can only do the schedule" in r.getMessage() for r in caplog.records)
    caplog.clear()
    net.schedule = ["start", "end"]
    Network(name="other").run(0 * ms)


def test_random_numbers_come_again_from_a_kept_state():
    group = NeuronGroup(10, "dv/dt = -v/(10*ms) + xi/ms**0.5 : 1", method="euler")
    net = Network(group)

    def go_on():
        group.v = "rand()"
        net.run(1 * ms)
        return group.v_[:].copy()

    first = go_on()
    state = get_device().get_random_state()
    second = go_on()
    get_device().set_random_state(state)
    assert_array_equal(go_on(), second)
    assert (first != second).all()


@pytest.mark.parametrize("name", ["runtime", "cpp_standalone"])
def test_a_device_knows_how_long_the_last_run_took_and_how_far_it_came(name):
    set_device(name)
    group = NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler")
    net = Network(group, rb.NetworkOperation(lambda t: net.stop() if t > 0.2 * ms else None))
    net.run(1.6 * ms)
    assert 0 < device._last_run_time < 60
    assert device._last_run_completed_fraction == pytest.approx(0.25)
    net.run(0 * ms)
    assert device._last_run_completed_fraction == 1
    reset_device()
