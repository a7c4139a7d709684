"""The current-based network of Vogels & Abbott 2005; examples/cuba.py. Any size keeps 80 synapses
a cell."""

from rheobase import *

taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
Vt, Vr, El = -50 * mV, -60 * mV, -49 * mV
we = 60 * 0.27 / 10 * mV
wi = -20 * 4.5 / 10 * mV

eqs = """
dv/dt  = (ge + gi - (v - El))/taum : volt (unless refractory)
dge/dt = -ge/taue                  : volt
dgi/dt = -gi/taui                  : volt
"""


def build(size):
    n_exc = size * 4 // 5
    cells = NeuronGroup(
        size, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact"
    )
    cells.v = "Vr + rand()*(Vt - Vr)"
    excitation = Synapses(cells, cells, on_pre="ge += we")
    excitation.connect("i < n_exc", p=80 / size)
    inhibition = Synapses(cells, cells, on_pre="gi += wi")
    inhibition.connect("i >= n_exc", p=80 / size)
    spikes = SpikeMonitor(cells)
    net = Network(cells, excitation, inhibition, spikes)
    return net, {"exc": (spikes, 0, n_exc), "inh": (spikes, n_exc, size)}, (excitation, inhibition)
