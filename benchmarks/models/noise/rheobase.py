"""The cells of brunel without synapses, driven across the threshold by noise alone."""

from rheobase import *

tau, theta, Vr = 20 * ms, 20 * mV, 10 * mV
mu, sigma = 15 * mV, 5 * mV

eqs = "dv/dt = (mu - v)/tau + sigma*xi/sqrt(tau) : volt (unless refractory)"


def build(size):
    cells = NeuronGroup(
        size, eqs, threshold="v > theta", reset="v = Vr", refractory=2 * ms, method="euler"
    )
    cells.v = "Vr + rand()*(theta - Vr)"
    spikes = SpikeMonitor(cells)
    return Network(cells, spikes), {"cells": (spikes, 0, size)}, ()
