"""PoissonInput against the binomial distribution."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    DimensionMismatchError,
    Hz,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    SpikeMonitor,
    StateMonitor,
    UnknownNameError,
    UnsupportedError,
    defaultclock,
    ms,
    mV,
    network_operation,
    run,
    seed,
    volt,
)


def test_rates_of_zero_and_of_one_spike_a_step_are_certain():
    G = NeuronGroup(3, "x : volt\ny : volt\nz : 1\nw : 1")
    G.w = [1, 2, 3]
    inputs = [
        PoissonInput(G, "x", 100, 0 * Hz, weight=1 * volt),
        PoissonInput(G, "y", 50, 1 / defaultclock.dt, weight=2 * mV),
        PoissonInput(G, "z", 2, 1 / defaultclock.dt, weight="w*2"),
    ]
    Network(G, inputs).run(1 * ms)
    assert_array_equal(G.x_[:], 0)
    assert_allclose(G.y_[:], 10 * 50 * 2e-3)
    assert_allclose(G.z[:], 10 * 2 * 2 * np.array([1, 2, 3]))


@pytest.mark.parametrize("n, rate", [(10, 50 * Hz), (1000, 100 * Hz), (10000, 2000 * Hz)])
def test_spikes_of_a_step_have_mean_and_variance_of_the_binomial_distribution(n, rate):
    """N p and N p (1 - p), p = rate dt; 2000 numbers: within five standard errors."""
    seed(4)
    G = NeuronGroup(200, "x : 1")
    P = PoissonInput(G, "x", n, rate, weight=1)
    M = StateMonitor(G, "x", record=True, when="end")
    Network(G, P, M).run(1 * ms)
    counts = np.diff(M.x, axis=1, prepend=0).ravel()
    p = float(rate) * 1e-4
    variance = n * p * (1 - p)
    kurtosis = 3 + (1 - 6 * p * (1 - p)) / variance
    assert_array_equal(counts, np.round(counts))
    assert abs(counts.mean() - n * p) < 5 * np.sqrt(variance / 2000)
    assert abs(counts.var() - variance) < 5 * variance * np.sqrt((kurtosis - 1) / 2000)


def test_refractory_neurons_take_no_input():
    """v counts steps; it passes 4.5 at the fifth, and stays at 0 while refractory."""
    dt = defaultclock.dt
    G = NeuronGroup(
        3,
        "dv/dt = 0/second : 1 (unless refractory)",
        threshold="v > 4.5",
        reset="v = 0",
        refractory=5 * dt,
    )
    P = PoissonInput(G, "v", 1, 1 / dt, weight=1.0)
    M = StateMonitor(G, "v", record=True)
    Network(G, P, M).run(10 * dt)
    assert_array_equal(M.v[1], [0, 1, 2, 3, 4, 5, 0, 0, 0, 0])


def test_a_part_of_a_group_is_a_target():
    G = NeuronGroup(4, "x : 1")
    P = PoissonInput(G[1:3], "x", 1, 1 / defaultclock.dt, weight="1 + i")
    Network(G, P).run(0.1 * ms)
    assert_array_equal(G.x[:], [0, 1, 2, 0])


def test_the_same_seed_gives_the_same_input():
    def result():
        seed(3)
        G = NeuronGroup(5, "x : 1")
        net = Network(G, PoissonInput(G, "x", 100, 50 * Hz, weight=1))
        net.run(5 * ms)
        return G.x[:]

    assert_array_equal(result(), result())


def raised_by_script(G):
    G.rates = 1000 * Hz


def raised_in_part(G):
    G[20:].rates = 1000 * Hz


def raised_by_code(G):
    return G.run_regularly("rates = 1000*Hz*int(t >= 50*ms)", dt=50 * ms)


def raised_by_operation(G):
    @network_operation(dt=50 * ms)
    def change(t):
        G.rates = 1000 * Hz * (t >= 50 * ms)

    return change


@pytest.mark.parametrize(
    "change", [raised_by_script, raised_in_part, raised_by_code, raised_by_operation]
)
def test_rates_may_change_at_any_time(change):
    """No spikes for 50 ms, then those of the new rate within five standard deviations."""
    seed(6)
    G = PoissonGroup(400, 0 * Hz)
    M = SpikeMonitor(G)
    net = Network(G, M)
    if change in (raised_by_code, raised_by_operation):
        net.add(change(G))
        net.run(50 * ms)
    else:
        net.run(50 * ms)
        change(G)
    assert M.num_spikes == 0
    net.run(100 * ms)
    n = (380 if change is raised_in_part else 400) * 1000
    assert abs(M.num_spikes - n * 0.1) < 5 * np.sqrt(n * 0.1 * 0.9)
    assert (M.t >= 50 * ms).all()


def test_parts_of_a_run_and_a_checkpoint_have_the_spikes_of_the_run():
    def spikes(*durations, again=False):
        seed(8)
        G = PoissonGroup(50, 40 * Hz, name="inputs")
        M = SpikeMonitor(G, name="seen")
        net = Network(G, M)
        for duration in durations:
            net.run(duration)
            if again:
                net.store()
                net.run(20 * ms)
                net.restore(restore_random_state=True)
        return M.it_

    wanted = spikes(100 * ms)
    for met in (spikes(3.3 * ms, 50 * ms, 46.7 * ms), spikes(31 * ms, 69 * ms, again=True)):
        assert_array_equal(met[0], wanted[0])
        assert_array_equal(met[1], wanted[1])
    assert len(wanted[0]) > 100


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (("z", 10, 1 * Hz, 1.0), UnknownNameError, "has no variable 'z'"),
        (("x", 10, 1 * Hz, 1.0), DimensionMismatchError, "the weight is a pure number"),
        (("y", 10, 1 * Hz, 1 * volt), DimensionMismatchError, "'y'.*the weight is in"),
        (("y", 10, 3, 1.0), DimensionMismatchError, "must be a rate such as 10"),
        (("y", 0, 1 * Hz, 1.0), ModelValueError, "N must be a whole number >= 1, not 0"),
        (("y", 10, -1 * Hz, 1.0), ModelValueError, "cannot be negative"),
        (("y", 10, 20000 * Hz, 1.0), ModelValueError, "the rate cannot be above"),
        (("s", 10, 1 * Hz, 1.0), ModelTypeError, "'s'.*cannot be added to"),
    ],
)
def test_wrong_inputs_are_refused(arguments, error, message):
    G = NeuronGroup(2, "x : volt\ny : 1\ns = 2*y : 1")
    with pytest.raises(error, match=message):
        PoissonInput(G, *arguments)


def test_a_weight_in_the_wrong_unit_is_refused_when_the_run_starts():
    G = NeuronGroup(2, "x : volt\ny : 1")
    P = PoissonInput(G, "x", 10, 1 * Hz, weight="2*y")
    with pytest.raises(DimensionMismatchError, match="x is in volt and"):
        Network(G, P).run(1 * ms)


def test_dt_must_not_change_after_the_input_was_made():
    G = NeuronGroup(2, "y : 1")
    P = PoissonInput(G, "y", 10, 1 * Hz, weight=1)  # noqa: F841  (run finds it)
    defaultclock.dt = 0.2 * ms
    with pytest.raises(UnsupportedError, match="dt has changed since it was made"):
        run(1 * ms)


@pytest.mark.parametrize("rates", ["i*mV", "i"])
def test_rates_as_text_must_be_rates(rates):
    P = PoissonGroup(2, rates)
    with pytest.raises(DimensionMismatchError, match=r"rate is in 1/second|cannot be compared"):
        Network(P).run(0 * ms)
