"""Song, Miller & Abbott 2000 with `size` cells that all get the same inputs; examples/stdp.py."""

from rheobase import *

taum, tau_syn = 20 * ms, 5 * ms
El, Ee, Ei = -70 * mV, 0 * mV, -70 * mV
Vt, Vr = -54 * mV, -60 * mV
g_max, g_inh = 0.015, 0.05
tau_plus, tau_minus = 20 * ms, 20 * ms
A_plus = 0.005
A_minus = 1.05 * A_plus

neuron = """
dv/dt  = (El - v + ge*(Ee - v) + gi*(Ei - v))/taum : volt
dge/dt = -ge/tau_syn                               : 1
dgi/dt = -gi/tau_syn                               : 1
"""

plasticity = """
g : 1
dP/dt = -P/tau_plus  : 1 (event-driven)
dM/dt = -M/tau_minus : 1 (event-driven)
"""


def build(size):
    excitation = PoissonGroup(1000, rates=15 * Hz)
    inhibition = PoissonGroup(200, rates=10 * Hz)
    cells = NeuronGroup(
        size, neuron, threshold="v > Vt", reset="v = Vr", method="exponential_euler"
    )
    cells.v = El
    plastic = Synapses(
        excitation,
        cells,
        plasticity,
        on_pre="""ge += g
                  P += A_plus
                  g = clip(g - M*g_max, 0, g_max)""",
        on_post="""M += A_minus
                   g = clip(g + P*g_max, 0, g_max)""",
    )
    plastic.connect()
    plastic.g = "rand()*g_max"
    fixed = Synapses(inhibition, cells, on_pre="gi += g_inh")
    fixed.connect()
    spikes = SpikeMonitor(cells)
    net = Network(excitation, inhibition, cells, plastic, fixed, spikes)
    return net, {"cells": (spikes, 0, size)}, (plastic, fixed)
