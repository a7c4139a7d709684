"""A model, its monitors and results, as a type checker sees them."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from rheobase import *
from rheobase.model.monitors.states import StateMonitorView
from rheobase.model.pathways import SynapticPathway
from rheobase.model.views import VariableView

tau = 10 * ms
cells = NeuronGroup(
    10,
    """dv/dt = (drive - v)/tau : volt (unless refractory)
       drive : volt""",
    threshold="v > 10*mV",
    reset="v = 0*mV",
    refractory=2 * ms,
    method="exact",
)
assert_type(cells, NeuronGroup)
cells.v = "rand()*10*mV"  # text, numbers, arrays; it stays a variable
cells.v[:5] = 0 * mV
cells.v["i > 5"] = [1, 2, 3, 4] * mV
cells.v += 1 * mV
cells.drive = np.linspace(8, 20, 10) * mV
assert_type(cells.v, VariableView)
assert_type(cells.v_, VariableView)
assert_type(cells.v / mV, Any)
assert_type(cells[2:5], Subgroup)
assert_type(len(cells), int)

synapses = Synapses(cells, cells, "w : volt", on_pre="v_post += w", delay=1 * ms)
synapses.connect(condition="i != j", p=0.5)
synapses.connect(i=[0, 1], j=1)
synapses.w = "0.1*mV*rand()"
synapses.pre.delay = 2 * ms
assert_type(synapses, Synapses)
assert_type(synapses.pre, SynapticPathway)
assert_type(synapses.w, VariableView)

inputs = PoissonGroup(5, rates=10 * Hz)
inputs.rates = "10*Hz + i*Hz"
feed = Synapses(inputs, cells, on_pre={"pre": "v_post += 1*mV"})
feed.connect(j="i")
noise = PoissonInput(cells, "v", N=10, rate=5 * Hz, weight=0.1 * mV)
times = SpikeGeneratorGroup(2, [0, 1], [1, 2] * ms)
stimulus = TimedArray([0, 1, 2] * nA, dt=1 * ms)

states = StateMonitor(cells, "v", record=[0, 1])
spikes = SpikeMonitor(cells)
rate = PopulationRateMonitor(cells)


@network_operation(dt=1 * ms)
def watch(t: Quantity) -> None:
    cells.v[0] = 0 * mV


run(20 * ms, report=None)
assert_type(states.t, Quantity)
assert_type(states[0], StateMonitorView)
assert_type(spikes.t, Quantity)
assert_type(spikes.i, NDArray[np.int32])
assert_type(spikes.count, NDArray[np.int64])
assert_type(rate.rate, Quantity)
assert_type(rate.smooth_rate(width=1 * ms), Quantity)
for number, train in spikes.spike_trains().items():
    assert_type(number, int)
    print(number, train / ms)

store()
restore()
network = Network(NeuronGroup(1, "v : 1", name="other"))
network.run(1 * ms)
assert_type(network, Network)
assert_type(network.t, Quantity)
assert_type(defaultclock.dt, Quantity)

shape = Soma(diameter=30 * um)
shape.axon = Cylinder(diameter=1 * um, length=100 * um, n=5)
neuron = SpatialNeuron(shape, "Im = 1*nS/cm**2*(-70*mV - v) : amp/meter**2", Ri=100 * ohm * cm)
neuron.v = "-70*mV"
neuron.axon.v[20 * um] = -60 * mV
assert_type(neuron, SpatialNeuron)
Network(neuron).run(1 * ms)
assert_type(cells.N, int)
assert_type(synapses.N_pre, int)
