"""Magnesium makes a synapse that listens to both sides

C. E. Jahr and C. F. Stevens, "Voltage dependence of NMDA-activated macroscopic conductances
predicted by single-channel kinetics", J. Neurosci. 10:3178-3182 (1990), eq. 4.

Below, left: the current through NMDA channels against the voltage, with more and more magnesium
outside. Right: the same synaptic input onto a cell that rests and one that is depolarised.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau_rise, tau_decay, g_max = 2 * ms, 80 * ms, 8 * nS
C, g_L, E_L = 200 * pF, 10 * nS, -70 * mV
equations = """
block = 1/(1 + Mg/(3.57*mM)*exp(-0.062*V/mV)) : 1
V = held*clamp + (1 - held)*v                : volt
I_NMDA = g_max*block*s*(V - 0*mV)            : amp
dv/dt = (g_L*(E_L - v) + I_inj - I_NMDA)/C   : volt
ds/dt = x*(1 - s)/tau_rise - s/tau_decay     : 1
dx/dt = -x/tau_rise                          : 1
Mg    : mM (constant)
clamp : volt (constant)
I_inj : amp (constant)
held  : 1 (constant)
"""
concentrations = [0, 0.1, 0.5, 1, 2]
voltages = np.arange(-100, 61, 5)
clamped = NeuronGroup(5 * len(voltages), equations, method="rk4")
clamped.held, clamped.s = 1, 1
clamped.Mg = np.repeat(concentrations, len(voltages)) * mM
clamped.clamp = np.tile(voltages, 5) * mV
current = np.asarray(clamped.I_NMDA[:] / pA).reshape(5, -1)

cells = NeuronGroup(2, equations, method="rk4")
cells.Mg, cells.v, cells.I_inj = 1 * mM, [-70, -40] * mV, [0, 330] * pA
cells.v[1] = -37 * mV
source = SpikeGeneratorGroup(1, [0], [300] * ms)
synapses = Synapses(source, cells, on_pre="x_post += 1")
synapses.connect()
trace = StateMonitor(cells, ["v", "I_NMDA"], record=True)
run(800 * ms)

peak = np.max(-np.asarray(trace.I_NMDA / pA), axis=1)
lowest = voltages[np.argmin(current[3])]
print(f"with 1 mM the current is largest at {lowest} mV")
print(f"synaptic current: {peak[0]:.0f} pA at rest, {peak[1]:.0f} pA when depolarised")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
for concentration, row in zip(concentrations, current, strict=True):
    left.plot(voltages, row, label=f"{concentration} mM")
left.axhline(0, color="0.8")
left.legend(title="magnesium", frameon=False)
left.set(xlabel="voltage (mV)", ylabel="current (pA)")
for row, name in zip(trace.I_NMDA, ("at rest", "depolarised"), strict=True):
    right.plot(trace.t / ms, row / pA, label=name)
right.set(xlabel="time (ms)", ylabel="synaptic current (pA)")
right.legend(frameon=False)
plt.tight_layout()
plt.show()
