"""Models in single precision: stored, calculated and drawn in float32, natively."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    prefs,
    run,
    seed,
)

SINGLE = np.float32


def kernels(group):
    """What a group computes in each step, by kernel."""
    return [work.kernel for runner in group.contained_objects for work in runner._work()]


@pytest.fixture
def single_by_default():
    prefs.core.default_float_dtype = SINGLE
    yield
    prefs.reset_to_defaults()


NOISY = """
dv/dt = -v/(10*ms) + s*xi/sqrt(ms) : 1
s : 1
"""


def test_noise_in_single_precision_is_that_of_doubles():
    """The same seed draws the same numbers, to seven digits: two runs differ by rounding alone."""
    paths = []
    for dtype in (np.float64, SINGLE):
        rb.start_scope()
        seed(3)
        cells = NeuronGroup(100, NOISY, dtype=dtype, method="euler", name="cells")
        cells.s = "0.1 + 0.01*i"
        monitor = StateMonitor(cells, "v", record=True)
        run(20 * ms)
        assert monitor.v_.dtype == dtype
        paths.append(monitor.v_)
    assert np.std(paths[0][-1]) > 0.1
    assert_allclose(paths[1], paths[0], atol=1e-5)


def test_functions_and_draws_of_a_single_group_are_single():
    cells = NeuronGroup(
        10,
        "dv/dt = (tanh(v) + exp(-v) - sin(v)*log(2 + v**0.3))/(10*ms) + 0.1*xi/sqrt(ms) : 1",
        threshold="v > 1 + rand()",
        reset="v = 0.1*randn()",
        dtype=SINGLE,
        method="euler",
    )
    run(0.1 * ms)
    ops = [op for kernel in kernels(cells) for op in kernel.body]
    met = {op.name: op.dtype.value for op in ops if op.dtype is not None and op.dtype.is_float}
    functions = ("tanh", "exp", "sin", "log", "pow", "uniform", "normal")
    assert {name: met[name] for name in functions} == dict.fromkeys(functions, "f32")


@pytest.mark.parametrize("n", [1, 7, 31, 32, 33, 100])
def test_events_by_chance_are_those_of_doubles(n, backend):
    """Vectors of 32 elements, whole and in part."""
    trains = []
    for dtype in (np.float64, SINGLE):
        rb.start_scope()
        seed(5)
        cells = NeuronGroup(
            n, "v : 1", threshold="randn() > v", reset="", dtype=dtype, name="cells"
        )
        cells.v = 1.3
        spikes = SpikeMonitor(cells)
        run(5 * ms)
        trains.append((spikes.i[:], spikes.t_[:]))
    assert len(trains[0][0])
    assert_array_equal(trains[0], trains[1])


def test_uniform_numbers_stay_below_one_and_reach_far_down(single_by_default):
    seed(2)
    cells = NeuronGroup(500_000, "u : 1\nw : 1")
    cells.u, cells.w = "rand()", "randn()"
    u = cells.u[:].astype(float)
    assert 0 <= u.min() < 2e-5
    assert (u[u < 0.01] * 2**24 % 1 != 0).any()  # finer than singles near 1: rare events are right
    assert 1 - 2e-5 < u.max() < 1
    assert_allclose([u.mean(), u.var()], [1 / 2, 1 / 12], atol=2e-3)
    w = cells.w[:].astype(float)
    assert_allclose([w.mean(), w.var(), (w**3).mean(), (w**4).mean()], [0, 1, 0, 3], atol=0.04)
    assert np.abs(w).max() > 4.4


def test_poisson_counts_in_single_precision_keep_the_digits_of_doubles(single_by_default):
    """poisson() counts with doubles: 10**9 and one more differ, which singles cannot tell."""
    seed(4)
    cells = NeuronGroup(2000, "k : integer")
    cells.k = "poisson(1e9)"
    k = cells.k[:].astype(float)
    assert len(set(k % 64)) == 64
    assert_allclose(k.mean(), 1e9, rtol=4 / np.sqrt(1e9 * 2000))


def test_a_network_in_single_precision_spikes_alike_on_both_backends(single_by_default):
    """Rounding differs in the last digit of functions, so times agree as long as that is small."""

    def trains():
        rb.start_scope()
        seed(1)
        source = PoissonGroup(50, 100 * rb.Hz)
        cells = NeuronGroup(
            50,
            """dv/dt = (-60*mV - v + g*tanh(1.0))/(20*ms) : volt (unless refractory)
            dg/dt = -g/(5*ms) : volt""",
            threshold="v > -50*mV",
            reset="v = -60*mV",
            refractory=3 * ms,
            method="euler",
        )
        cells.v = "-60*mV + 5*mV*rand()"
        synapses = Synapses(source, cells, "w : volt", on_pre="g_post += w")
        synapses.connect(p=0.3)
        synapses.w = "4*mV*exp(-rand())"
        spikes = SpikeMonitor(cells)
        run(50 * ms)
        assert cells.v.dtype == synapses.w.dtype == SINGLE
        return spikes.i[:], spikes.t_[:]

    here = trains()
    rb.set_backend("numpy")
    reference = trains()
    assert len(here[0]) > 20
    assert_array_equal(here, reference)


def test_one_variable_of_each_precision():
    """An expression is calculated in the wider of its operands, and stored as declared."""
    cells = NeuronGroup(
        8, "dv/dt = (u - v)/(10*ms) : 1\nu : 1", dtype={"v": SINGLE}, method="euler"
    )
    cells.u = "1 + 1e-12*i"
    run(5 * ms)
    assert (cells.v.dtype, cells.u.dtype) == (SINGLE, np.float64)
    assert_allclose(cells.v[:], 1 - 0.99**50, rtol=1e-6)
    assert_array_equal(cells.u[:], 1 + 1e-12 * np.arange(8))


def test_a_monitor_records_in_the_precision_that_it_is_told():
    cells = NeuronGroup(3, "v = t/ms + i/3 : 1\nk : integer")
    double = StateMonitor(cells, ["v", "k"], record=True)
    single = StateMonitor(cells, ["v", "k"], record=True, dtype=SINGLE)
    run(2 * ms)
    assert (double.v_.dtype, single.v_.dtype) == (np.float64, SINGLE)
    assert double.k.dtype == single.k.dtype
    assert_array_equal(single.v_, double.v_.astype(SINGLE))
    assert single.t_.dtype == np.float64
