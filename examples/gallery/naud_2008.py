"""Firing patterns of the adaptive exponential integrate-and-fire model

R. Naud, N. Marcille, C. Clopath and W. Gerstner, "Firing patterns in the adaptive exponential
integrate-and-fire model", Biol. Cybern. 99:335-347 (2008), table 1 and fig. 4; the model is that of
R. Brette and W. Gerstner, J. Neurophysiol. 94:3637-3642 (2005).

Below, the same two equations with seven sets of constants, each under a step of current.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

# C (pF), g_L (nS), E_L (mV), V_T (mV), Delta_T (mV), a (nS), tau_w (ms), b (pA), V_r (mV), I (pA)
patterns = {
    "tonic": (200, 10, -70, -50, 2, 2, 30, 0, -58, 500),
    "adapting": (200, 12, -70, -50, 2, 2, 300, 60, -58, 500),
    "initial burst": (130, 18, -58, -50, 2, 4, 150, 120, -50, 400),
    "regular bursting": (200, 10, -58, -50, 2, 2, 120, 100, -46, 210),
    "delayed accelerating": (200, 12, -70, -50, 2, -10, 300, 0, -58, 300),
    "transient": (100, 10, -65, -50, 2, 10, 90, 100, -47, 180),
    "irregular": (100, 12, -60, -50, 2, -11, 130, 30, -48, 160),
}
equations = """
dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + I)/C : volt
dw/dt = (a*(v - E_L) - w)/tau_w                                        : amp
C       : farad (constant)
g_L     : siemens (constant)
E_L     : volt (constant)
V_T     : volt (constant)
Delta_T : volt (constant)
a       : siemens (constant)
tau_w   : second (constant)
b       : amp (constant)
V_r     : volt (constant)
I       : amp (constant)
"""
cells = NeuronGroup(
    len(patterns),
    equations,
    threshold="v > 0*mV",
    reset="v = V_r; w += b",
    method="euler",
    dt=0.01 * ms,
)
names = ("C", "g_L", "E_L", "V_T", "Delta_T", "a", "tau_w", "b", "V_r", "I")
units = (pF, nS, mV, mV, mV, nS, ms, pA, mV, pA)
for name, unit, values in zip(names, units, np.transpose(list(patterns.values())), strict=True):
    setattr(cells, name, values * unit)
cells.v = "E_L"
trace = StateMonitor(cells, "v", record=True, dt=0.1 * ms)
spikes = SpikeMonitor(cells)
run(600 * ms)

intervals = {}
for k, pattern in enumerate(patterns):
    intervals[pattern] = np.diff(spikes.t[spikes.i == k]) / ms
    between = ", ".join(f"{x:.1f}" for x in intervals[pattern][:6])
    print(f"{pattern:22}{spikes.count[k]:3} spikes; intervals (ms): {between}")

_, axes = plt.subplots(4, 2, figsize=(10, 8), sharex=True, sharey=True)
for axis, pattern, v in zip(axes.flat, patterns, trace.v, strict=False):
    axis.plot(trace.t / ms, v / mV, lw=0.8, color="k")
    axis.set_title(pattern, fontsize=10)
    axis.set_ylim(-80, 5)
axes.flat[-1].axis("off")
for axis in (axes[3, 0], axes[2, 1]):
    axis.set(xlabel="time (ms)")
axes[2, 1].tick_params(labelbottom=True)
for axis in axes[:, 0]:
    axis.set(ylabel="v (mV)")
plt.tight_layout()
plt.show()
