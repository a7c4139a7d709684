"""Event-driven equations whose coefficients change from step to step, against the exponential of
each step."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rheobase import (
    Hz,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    Synapses,
    TimedArray,
    UnsupportedEquationsError,
    defaultclock,
    ms,
    network_operation,
    second,
)
from rheobase.integration.history import STEPS

DT = 1e-4


def spikes_in(steps):
    return SpikeGeneratorGroup(1, np.zeros(len(steps), int), np.array(steps) * DT * second)


def random_steps(rng, n_steps, n_spikes):
    return np.sort(rng.choice(n_steps, n_spikes, replace=False))


def exponentials(matrices):
    """(n, k, k)  of all at once: the series for a part of each, squared."""
    n_squares = max(0, int(np.ceil(np.log2(np.abs(matrices).sum(axis=2).max()))) + 1)
    part = matrices / 2**n_squares  # of norm 1/2 at most: the 15th term is below rounding
    total = term = np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape)
    for k in range(1, 16):
        term = term @ part / k
        total = total + term
    for _ in range(n_squares):
        total = total @ total
    return total


def advanced(matrix_of, steps, n_steps, start):
    """(n,)  the state after n_steps, by one exponential for each step; an event adds 1 to x.

    matrix_of   of the step: (n + 1, n + 1), the last column is what is added
    """
    state = np.append(start, 1.0)
    matrices = np.array([matrix_of(k) for k in range(n_steps)], float) * DT
    for k, step in enumerate(exponentials(matrices)):
        state[0] += k in steps
        state = step @ state
    return state[:-1]


@pytest.mark.parametrize("n_steps", [40, 2 * STEPS + 77])
def test_one_equation_with_a_decay_and_a_drive_that_change(backend, n_steps):
    """Between events of random times, and beyond the end of what is remembered."""
    rng = np.random.default_rng(1)
    rates, drives = rng.uniform(-50, 400, n_steps), rng.normal(0, 3, n_steps // 2 + 1)
    rate = TimedArray(rates * Hz, dt=0.1 * ms)
    drive = TimedArray(drives, dt=0.2 * ms)
    steps = random_steps(rng, n_steps, 9)
    source = spikes_in(steps)
    model = """dx/dt = -rate(t)*x + g*drive(t)/ms : 1 (event-driven)
               dz/dt = -z/(5*ms) : 1 (event-driven)
               g : 1"""
    namespace = {"rate": rate, "drive": drive}
    on_pre = "x += 1; z += 1"
    S = Synapses(source, NeuronGroup(3, ""), model, on_pre=on_pre, namespace=namespace)
    S.connect()
    S.g = "i + j*0.5"
    S.x = 2
    Network(source, S.target, S).run(n_steps * DT * second)
    for k, g in enumerate((0.0, 0.5, 1.0)):
        wanted = advanced(
            lambda s, g=g: [[-rates[s], 1e3 * g * drives[s // 2]], [0, 0]], steps, n_steps, [2.0]
        )
        assert_allclose(S.x[k], wanted[0], rtol=1e-11)
    assert_allclose(S.z[0], np.exp(-(steps[-1] - steps) * DT / 5e-3).sum(), rtol=1e-12)


def test_a_system_of_three_with_different_units(backend):
    rng = np.random.default_rng(2)
    n_steps = STEPS + 130
    a, b = rng.uniform(0, 900, n_steps), rng.normal(0, 300, n_steps)
    alpha, beta = TimedArray(a * Hz, dt=0.1 * ms), TimedArray(b * Hz, dt=0.1 * ms)
    steps = random_steps(rng, n_steps, 12)
    model = """dx/dt = -alpha(t)*x + beta(t)*y/volt : 1 (event-driven)
               dy/dt = (z*volt*second - y)*beta(t)  - y/(2*ms) : volt (event-driven)
               dz/dt = (beta(t) - z)/(3*ms) - x*alpha(t)/second : Hz (event-driven)"""
    source = spikes_in(steps)
    namespace = {"alpha": alpha, "beta": beta}
    S = Synapses(source, source, model, on_pre="x += 1", namespace=namespace)
    S.connect()
    Network(source, S).run(n_steps * DT * second)

    def matrix(k):
        return [
            [-a[k], b[k], 0, 0],
            [0, -b[k] - 500, b[k], 0],
            [-a[k], 0, -1 / 3e-3, b[k] / 3e-3],
            [0, 0, 0, 0],
        ]

    wanted = advanced(matrix, steps, n_steps, [0.0, 0.0, 0.0])
    assert_allclose([S.x[0], S.y_[0], S.z_[0]], wanted, rtol=1e-9)


def test_shared_variables_that_code_and_python_change(backend):
    """run_regularly, a subexpression (constant over dt), and a network operation."""
    steps = [0, 7, 30, 44]
    source = spikes_in(steps)
    model = """dx/dt = -(slow + wave + kick_post)*x : 1 (event-driven)
               slow : Hz (shared)
               wave = 100*Hz*(1 + sin(2*pi*t*50*Hz)) : Hz (shared, constant over dt)"""
    target = NeuronGroup(1, "kick : Hz (shared)")
    S = Synapses(source, target, model, on_pre="x += 1")
    S.connect()
    S.run_regularly("slow = 10*Hz*(t/ms)", dt=1 * ms)

    @network_operation(dt=2 * ms)
    def set_kick(t):
        target.kick = 30 * t / ms * Hz

    Network(source, target, S, set_kick).run(6 * ms)

    def rate(k):
        wave = 100 * (1 + np.sin(2 * np.pi * 50 * k * DT))
        return -(10 * (k // 10) + wave + 30 * (k // 20) * 2)

    wanted = advanced(lambda k: [[rate(k), 0], [0, 0]], steps, 60, [0.0])
    assert_allclose(S.x[0], wanted[0], rtol=1e-11)


def test_runs_in_parts_with_another_dt_new_synapses_and_a_checkpoint(backend):
    rng = np.random.default_rng(3)
    rates = rng.uniform(0, 400, 100)
    rate = TimedArray(rates * Hz, dt=0.2 * ms)
    steps = [3, 11, 50, 74]
    source = spikes_in(steps)
    model = "dx/dt = -rate(t)*x : 1 (event-driven)"
    target, namespace = NeuronGroup(3, ""), {"rate": rate}
    S = Synapses(source, target, model, on_pre="x += 1", namespace=namespace)
    S.connect(i=0, j=2)
    net = Network(source, S.target, S)
    net.run(2 * ms)
    S.connect(i=0, j=0)
    S.x[1] = 5
    defaultclock.dt = 0.05 * ms
    net.run(2 * ms)
    net.store()
    net.run(1 * ms)
    net.restore()
    defaultclock.dt = 0.1 * ms
    net.run(4 * ms)

    def matrix(k):
        return [[-rates[k // 2], 0], [0, 0]]

    old = advanced(matrix, steps, 80, [0.0])
    new = advanced(lambda k: matrix(k + 20), [s - 20 for s in steps if s >= 20], 60, [5.0])
    assert_allclose(S.x[:], [old[0], new[0]], rtol=1e-11)


def test_synapses_that_grow_begin_at_their_birth(backend):
    rate = TimedArray(np.linspace(0, 300, 60) * Hz, dt=0.1 * ms)
    source = spikes_in([0])
    S = Synapses(source, NeuronGroup(2, ""), "dx/dt = -rate(t)*x : 1 (event-driven)",
                 on_pre="x += 1")  # fmt: skip
    S.connect(i=0, j=0)
    S.grow("t_in_timesteps == 29 and j == 1", values={"x": 1})
    Network(source, S.target, S).run(6 * ms)
    steps = -rate.values * DT
    assert_allclose(S.x[:], np.exp([steps.sum(), steps[30:].sum()]), rtol=1e-11)


REFUSED = {
    "not linear": ("dx/dt = -x**2/ms : 1 (event-driven)", "not linear"),
    "products": (
        "dx/dt = x*y/ms : 1 (event-driven)\ndy/dt = (x - y)/ms : 1 (event-driven)",
        "not linear in x, y",
    ),
    "of each": (
        "dx/dt = -f(t)*x/tau : 1 (event-driven)\ntau : 1",
        "'f\\(t\\)' changes in time, and 'tau' differs between synapses",
    ),
    "of each in what is added": (
        "dx/dt = f(t)*g**2 - x*Hz : 1 (event-driven)\ng : 1",
        r"and 'g' differs between synapses(.|\n)*Make 'g' \(shared\)",
    ),
    "a column of each": (
        "dx/dt = -f2(t, j)*x : 1 (event-driven)",
        "'j' differs between synapses",
    ),
    "a subexpression of each": (
        "dx/dt = -r*x : 1 (event-driven)\nr = j*f(t) : Hz (constant over dt)",
        "'r' differs between synapses",
    ),
    "time itself": (
        "dx/dt = -x*(1 + sin(t*Hz))*Hz : 1 (event-driven)",
        r"'t' in the equation for 'x' is not constant(.|\n)*\(shared, constant over dt\)",
    ),
    "steps that do not fit": ("dx/dt = -odd(t)*x : 1 (event-driven)", "is not constant during a"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_shared_history_is_refused(case):
    model, message = REFUSED[case]
    names = {
        "f": TimedArray([1, 2] * Hz, dt=1 * ms),
        "f2": TimedArray([[1, 2]] * Hz, dt=1 * ms),
        "odd": TimedArray([1, 2] * Hz, dt=0.25 * ms),
    }
    source, target = spikes_in([0]), NeuronGroup(2, "")

    def make_and_run():
        S = Synapses(source, target, model, on_pre="x += 1", namespace=names)
        S.connect()
        Network(source, target, S).run(1 * ms)

    with pytest.raises(UnsupportedEquationsError, match=message):
        make_and_run()
