"""Section 9 of the contract, inputs, sentence by sentence.

What other files test already:

    rates and numbers of spikes, by chance        tests/model/test_inputs_poisson.py
    rates that follow t and TimedArrays           test_timedarray.py
    generators: periods, set_spikes, what is wrong     test_inputs_generator.py
    TimedArray: values, units, grids, columns     test_timedarray.py
    operations: slots, order, stop, state         test_operations.py
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    Hz,
    Network,
    NetworkOperation,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    SpikeGeneratorGroup,
    SpikeMonitor,
    TimedArray,
    defaultclock,
    ms,
    mV,
    network_operation,
    run,
    second,
    stop,
)

REQUIRED = inspect.Parameter.empty
GIVEN = {
    PoissonGroup: {
        "N": REQUIRED, "rates": REQUIRED, "dt": None, "clock": None, "when": "thresholds",
        "order": 0,
    },
    PoissonInput: {
        "target": REQUIRED, "target_var": REQUIRED, "N": REQUIRED, "rate": REQUIRED,
        "weight": REQUIRED, "when": "synapses", "order": 0,
    },
    SpikeGeneratorGroup: {
        "N": REQUIRED, "indices": REQUIRED, "times": REQUIRED, "dt": None, "clock": None,
        "period": 0 * second, "when": "thresholds", "order": 0, "sorted": False,
    },
    NetworkOperation: {
        "function": REQUIRED, "dt": None, "clock": None, "when": "start", "order": 0,
    },
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("backend")


def test_arguments_and_their_defaults():
    for made, given in GIVEN.items():
        found = {n: p.default for n, p in inspect.signature(made).parameters.items()}
        assert list(found)[: len(given)] == list(given), made
        assert {n: found[n] for n in given} == given, made


# rates: one, one for each, or a text; they can be set.
def test_rates_of_a_poisson_group():
    group = PoissonGroup(3, 5 * Hz)
    assert_allclose(group.rates / Hz, [5, 5, 5])
    group.rates = [1, 2, 3] * Hz
    group.rates[1:] = 7 * Hz
    assert_allclose(group.rates / Hz, [1, 7, 7])
    assert_allclose(PoissonGroup(3, [1, 2, 3] * Hz).rates / Hz, [1, 2, 3])
    stimulus = TimedArray([[10, 20, 30], [1, 2, 3]] * Hz, dt=1 * ms)  # noqa: F841
    as_text = PoissonGroup(3, "stimulus(t, i)")
    run(0 * ms)
    assert_allclose(as_text.rates[:] / Hz, [10, 20, 30])
    run(1.5 * ms)
    assert_allclose(as_text.rates[:] / Hz, [1, 2, 3])


# At most one spike a step.
def test_a_poisson_neuron_spikes_once_a_step_at_most():
    group = PoissonGroup(5, 1e9 * Hz)
    spikes = SpikeMonitor(group)
    run(1 * ms)
    assert_array_equal(spikes.count, 10)


# Parts of a PoissonGroup.
def test_parts_of_poisson_groups_have_their_rates():
    group = PoissonGroup(6, "i*1e9*Hz")
    assert_allclose(group[2:4].rates[:] / Hz, [2e9, 3e9])
    spikes = SpikeMonitor(group[:2])
    run(1 * ms)
    assert_array_equal(spikes.count, [0, 10])


# PoissonInput: the weight is a quantity or a text; the number of events is binomial.
@pytest.mark.parametrize("weight", [2 * mV, "w"])
def test_weights_of_a_poisson_input(weight):
    cells = NeuronGroup(200, "v : volt\nw : volt")
    cells.w = 2 * mV
    given = PoissonInput(cells, "v", N=100, rate=1000 * Hz, weight=weight)
    assert (given.N, given.rate, given.target_var) == (100, 1000 * Hz, "v")
    run(1 * ms)
    events = np.round(cells.v / (2 * mV))
    assert_allclose(cells.v / (2 * mV), events, atol=1e-9)
    # 10 steps of Binomial(100, 0.1): mean 100, deviation 9.5
    assert events.mean() == pytest.approx(100, abs=5 * 9.5 / np.sqrt(200))


def test_a_poisson_input_refuses_another_dt_later():
    cells = NeuronGroup(1, "v : volt")
    given = PoissonInput(cells, "v", N=10, rate=10 * Hz, weight=1 * mV)
    defaultclock.dt = 0.05 * ms
    with pytest.raises(NotImplementedError, match="dt"):
        Network(cells, given).run(1 * ms)
    for wrong in ({"rate": -1 * Hz}, {"N": 0}):
        with pytest.raises(ValueError, match=r"rate|N"):
            PoissonInput(cells, "v", **{"N": 1, "rate": 1 * Hz, "weight": 1 * mV, **wrong})


# SpikeGeneratorGroup: periods; spikes set between runs; two in one step; those that are past.
def test_a_generator_repeats_and_is_given_new_spikes(caplog):
    group = SpikeGeneratorGroup(2, [0, 1], [0, 0.3] * ms, period=0.5 * ms)
    spikes = SpikeMonitor(group)
    run(1 * ms)
    assert_allclose(spikes.t / ms, [0, 0.3, 0.5, 0.8])
    group.set_spikes([1, 0], [0.2, 1.4] * ms)
    run(1 * ms)
    assert_allclose(spikes.t[4:] / ms, [1.4])
    assert "spikes before the present time, 1. ms, are ignored: 1" in caplog.text
    with pytest.raises(ValueError, match="step"):
        Network(SpikeGeneratorGroup(1, [0, 0], [1, 1.04] * ms)).run(0 * ms)


# A function with no argument, or with t; with its own step and place; it may stop the run.
def test_operations_with_and_without_the_time():
    seen = []

    @network_operation
    def each():
        seen.append("each")

    @network_operation(dt=0.2 * ms, when="end", order=2)
    def late(t):
        seen.append(round(float(t / ms), 6))
        if t > 0.3 * ms:
            stop()

    run(1 * ms)
    assert seen == ["each", 0.0, "each", "each", 0.2, "each", "each", 0.4]
    assert (late.when, late.order, each.when) == ("end", 2, "start")


def test_an_operation_reads_and_writes_variables():
    cells = NeuronGroup(2, "dv/dt = 1/ms : 1", method="euler")

    @network_operation(dt=0.5 * ms)
    def doubling():
        cells.v = 2 * cells.v + 1

    run(1 * ms)
    assert_allclose(cells.v[:], 2 * 1.5 + 1 + 0.5)


# A TimedArray, a function of t in the equations, run_regularly and run_at give the same input.
def test_four_ways_to_the_same_input():
    table = np.array([0.0, 2.0, 0.0, 5.0])
    values = TimedArray(table, dt=0.5 * ms)
    names = {"values": values, "table": table}
    by_array = NeuronGroup(1, "dv/dt = values(t)/ms : 1", method="euler", namespace=names)
    by_time = NeuronGroup(
        1,
        "dv/dt = (2*int(t_in_timesteps//5 == 1) + 5*int(t_in_timesteps//5 >= 3))/ms : 1",
        method="euler",
    )
    text = "dv/dt = I/ms : 1\nI : 1"
    regular = NeuronGroup(1, text, method="euler", namespace=names)
    regular.run_regularly("I = values(t)", dt=0.5 * ms)
    at = NeuronGroup(1, text, method="euler")
    for time, value in ((0.5, 2.0), (1.0, 0.0), (1.5, 5.0)):
        at.run_at(f"I = {value}", [time] * ms)
    run(2.5 * ms)
    assert_allclose([g.v[0] for g in (by_array, by_time, regular, at)], 6)
