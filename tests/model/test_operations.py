"""Functions of the script in the run loop."""

import time

import pytest
from numpy.testing import assert_allclose

from rheobase import (
    Clock,
    ModelTypeError,
    Network,
    NetworkOperation,
    NeuronGroup,
    StateMonitor,
    ms,
    network_operation,
    run,
    second,
)


def test_a_function_is_called_in_each_step_with_the_time():
    times = []

    @network_operation(dt=0.5 * ms)
    def watch(t):
        times.append(t)

    run(2 * ms)
    assert_allclose([float(t) for t in times], [0, 5e-4, 1e-3, 1.5e-3])
    assert times[1].dim is second.dim


def test_functions_run_in_their_slots_by_order_then_name():
    calls = []
    late = NetworkOperation(lambda: calls.append("e"), when="end")
    second_ = NetworkOperation(lambda: calls.append("b"), order=1, name="a_first_by_name")
    first = NetworkOperation(lambda: calls.append("a"), name="z_last_by_name")
    between = NetworkOperation(lambda: calls.append("c"), when="after_start")
    Network(late, second_, first, between).run(0.2 * ms)
    assert "".join(calls) == "abce" * 2


def test_a_function_writes_what_the_next_kernel_of_the_step_reads():
    G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", method="euler")
    M = StateMonitor(G, "v", record=True, when="end")

    @network_operation
    def double():
        G.v = 2 * G.v[:] + 1

    run(0.3 * ms)
    v, expected = 0.0, []
    for _ in range(3):
        v = (2 * v + 1) * 0.99
        expected.append(v)
    assert_allclose(M.v[0], expected, rtol=1e-12)


def test_stop_ends_the_run_after_the_step_in_which_it_is_called():
    G = NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler")
    net = Network(G)

    def watch(t):
        if t > 0.95 * ms:
            net.stop()

    net.add(NetworkOperation(watch))
    net.run(0.2 * second)
    assert_allclose(float(net.t), 1.1e-3)
    assert_allclose(float(G.v[0]), 1.1)


def test_methods_partials_and_builtins_are_functions_too():
    class Counter:
        n = 0

        def count(self):
            self.n += 1

    counter, times = Counter(), []
    net = Network(NetworkOperation(counter.count), NetworkOperation(times.append, dt=1 * ms))
    net.run(2 * ms)
    assert (counter.n, len(times)) == (20, 2)


def test_a_clock_may_be_shared():
    clock, calls = Clock(1 * ms), []

    @network_operation(clock=clock)
    def f():
        calls.append(clock.timestep)

    run(3 * ms)
    assert calls == [0, 1, 2]


def test_functions_that_want_more_than_the_time_are_refused():
    with pytest.raises(ModelTypeError, match=r"'f' must take no argument, or one.*'y'"):

        @network_operation
        def f(x, y):
            pass

    with pytest.raises(ModelTypeError, match="is a method of no object yet"):

        class Model:
            @network_operation
            def update(self):
                pass

    with pytest.raises(ModelTypeError, match="is a function, not 3"):
        NetworkOperation(3)  # type: ignore[arg-type]


def test_an_inactive_operation_is_not_called():
    calls = []
    operation = NetworkOperation(lambda: calls.append(1))
    operation.active = False
    Network(operation).run(1 * ms)
    assert calls == []


def test_a_call_costs_under_ten_microseconds_beyond_its_body(backend):
    if backend != "llvm":
        pytest.skip("the reference backend is slow by itself")
    G = NeuronGroup(10, "dv/dt = -v/(10*ms) : 1")
    net, n = Network(G), 10000
    net.run(1 * ms)

    def cost():
        start = time.perf_counter()
        net.run(n * 0.1 * ms)
        return time.perf_counter() - start

    without = min(cost() for _ in range(3))
    net.add(NetworkOperation(lambda: None))
    assert (min(cost() for _ in range(5)) - without) / n < 10e-6
