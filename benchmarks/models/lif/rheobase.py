"""The cells of cuba without synapses."""

from rheobase import *

taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
Vt, Vr, El = -50 * mV, -60 * mV, -49 * mV

eqs = """
dv/dt  = (ge + gi - (v - El))/taum : volt (unless refractory)
dge/dt = -ge/taue                  : volt
dgi/dt = -gi/taui                  : volt
"""


def build(size):
    cells = NeuronGroup(
        size, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact"
    )
    cells.v = "Vr + rand()*(Vt - Vr)"
    spikes = SpikeMonitor(cells)
    return Network(cells, spikes), {"cells": (spikes, 0, size)}, ()
