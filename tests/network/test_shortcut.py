"""The step as one function: the same numbers, bit for bit, as call by call."""

from __future__ import annotations

import gc
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest

from rheobase import (
    Network,
    NeuronGroup,
    PoissonGroup,
    PopulationRateMonitor,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    network_operation,
    prefs,
    seed,
)
from rheobase.units import Hz
from tests.network.always_short import always_short
from tests.network.test_threads import states


@pytest.fixture(autouse=True)
def native(backend):
    if backend != "llvm":
        pytest.skip("the reference makes one call after the other")


def same_in_short(build, duration=60 * ms, change=lambda net: None) -> dict[str, np.ndarray]:
    """Run a model call by call, and as one function; fails unless all is equal bit for bit.

    change   what is done to the network between two runs
    """
    prefs.core.threads = prefs.core.steps_ahead = 1
    wanted, _ = _found(build, duration, change, partial(nullcontext, []))
    found, n_functions = _found(build, duration, change, always_short)
    assert n_functions == 1
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    return wanted


def _found(build, duration, change, way) -> tuple[dict[str, np.ndarray], int]:
    gc.collect()  # so that the names of before are free
    seed(5)
    net = build()
    with way() as functions:
        net.run(duration / 4)
        change(net)
        net.run(3 * duration / 4)
    return states(net), len(functions)


def plastic(n_cells: int, delay=None, rates="15*Hz") -> Network:
    """Song & Abbott's model: traces of neurons, Poisson inputs, a monitor."""
    excitation = PoissonGroup(500, rates=rates, name="excitation")
    inhibition = PoissonGroup(100, rates=10 * Hz, name="inhibition")
    cells = NeuronGroup(
        n_cells,
        """dv/dt = (ge*(0 - v) + gi*(-70 - v) + E - v)/(20*ms) : 1
           dge/dt = -ge/(5*ms) : 1
           dgi/dt = -gi/(5*ms) : 1""",
        threshold="v > -54",
        reset="v = -60",
        method="exponential_euler",
        namespace={"E": -74},
        name="cells",
    )
    cells.v = -60
    plastic = Synapses(
        excitation,
        cells,
        """w : 1
           dx/dt = -x/(20*ms) : 1 (event-driven)
           dy/dt = -y/(20*ms) : 1 (event-driven)""",
        on_pre="ge += w; x += 0.01; w = clip(w - y, 0, 0.1)",
        on_post="y += 0.01; w = clip(w + x, 0, 0.1)",
        delay=delay,
        name="plastic",
    )
    plastic.connect()
    plastic.w = "rand()*0.1"
    fixed = Synapses(inhibition, cells, on_pre="gi += 0.05", name="fixed")
    fixed.connect()
    spikes = SpikeMonitor(cells, name="spikes")
    return Network(excitation, inhibition, cells, plastic, fixed, spikes)


@pytest.mark.parametrize(
    "model",
    [
        lambda: plastic(1),
        lambda: plastic(5, delay=1 * ms),
        lambda: plastic(1, rates="10*Hz + i*0.01*Hz + 5*Hz*sin(t/ms)"),
        lambda: plastic(2, rates=8000 * Hz),
    ],
    ids=["one", "delayed", "changing rates", "dense"],
)
def test_plastic_cells(model):
    """Lists of events, logs of delays, rates that change, and inputs that all draw."""
    found = same_in_short(model)
    assert found["spikes.t"].size > 10


def test_a_buffer_that_grows_and_noise():
    """Native code comes back in the middle of a step, with 1024 and 2048 entries, and goes on."""

    def build() -> Network:
        cells = NeuronGroup(
            3,
            "dv/dt = (1.5 - v)/(1*ms) + 0.3*xi/ms**0.5 : 1",
            threshold="v > 1 + 0.1*rand()",
            reset="v = 0",
            refractory="0.2*ms*rand()",
            method="euler",
            name="cells",
        )
        fed = SpikeGeneratorGroup(2, [0, 1, 0], [1, 2, 3] * ms, period=5 * ms, name="fed")
        kicks = Synapses(fed, cells, on_pre="v += 0.1", name="kicks")
        kicks.connect()
        kicks.delay = "0.1*ms*(1 + j)"
        back = Synapses(cells, cells, "w : 1", on_pre="v_post -= 0.01*rand()", name="back")
        back.connect()
        spikes = SpikeMonitor(cells, name="spikes")
        trace = StateMonitor(cells, "v", record=True, name="trace")
        rate = PopulationRateMonitor(cells, name="rate")
        return Network(cells, fed, kicks, back, spikes, trace, rate)

    found = same_in_short(build, 300 * ms)
    assert found["spikes.t"].size > 200


def test_a_stop_is_kept_and_python_in_the_step_has_no_such_function():
    """What runs between steps stops the run where it would stop it else."""
    prefs.core.threads = 1
    with always_short() as functions:
        net = plastic(1)
        ticks = []

        @network_operation(dt=1 * ms)
        def tick():
            ticks.append(1)

        net.add(tick)
        net.run(10 * ms)
        assert len(ticks) == 10
        assert not functions


def test_numbers_that_change_between_runs():
    """What is computed on the way in is computed anew by each run."""

    def change(net: Network) -> None:
        net.objects[2].namespace["E"] = -75
        net.objects[2].v = -57
        seed(7)

    same_in_short(lambda: plastic(1), change=change)
