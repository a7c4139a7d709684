"""A relay cell of the thalamus: single spikes when awake, bursts after rest

G. D. Smith, C. L. Cox, S. M. Sherman and J. Rinzel, "Fourier analysis of sinusoidally driven
thalamocortical relay neurons and a minimal integrate-and-fire-or-burst model", J. Neurophysiol.
83:588-610 (2000), eqs. 1-5.

Below, the same step of current, given from -60 mV (tonic firing) and from -77 mV, where a calcium
current has recovered from inactivation (a burst).
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

C, g_L, V_L, g_T, V_T = 2 * uF / cm**2, 0.035 * mS / cm**2, -65 * mV, 0.07 * mS / cm**2, 120 * mV
V_h, V_theta, tau_minus, tau_plus = -60 * mV, -35 * mV, 20 * ms, 100 * ms
equations = """
dv/dt = (I - g_L*(v - V_L) - g_T*int(v >= V_h)*h*(v - V_T))/C : volt (unless refractory)
dh/dt = (int(v < V_h)*(1 - h)/tau_plus - int(v >= V_h)*h/tau_minus)        : 1
I = hold + pulse*int(t >= 400*ms)*int(t < 700*ms)                          : amp/meter**2
hold  : amp/meter**2 (constant)
pulse : amp/meter**2 (constant)
"""
cells = NeuronGroup(
    2, equations, threshold="v > V_theta", reset="v = -50*mV", refractory=4 * ms, method="rk4"
)
cells.v, cells.h = [-59, -77] * mV, [0, 1]
cells.hold = [0.21, -0.42] * uA / cm**2
cells.pulse = [1.1, 1.1] * uA / cm**2
trace = StateMonitor(cells, ["v", "h"], record=True)
spikes = SpikeMonitor(cells)
run(900 * ms)

trains = spikes.spike_trains()
tonic = [x for x in trains[0] / ms if x >= 400]
burst = [x for x in trains[1] / ms if x >= 400]
fastest, regular = min(np.diff(burst)), min(np.diff(tonic))
print(f"tonic: {len(tonic)} spikes {regular:.0f} ms apart; burst: {len(burst)}, {fastest:.0f} ms")

_, axes = plt.subplots(2, 1, sharex=True, figsize=(8, 5))
for axis, v, h, train, text in zip(
    axes, trace.v, trace.h, (trains[0], trains[1]), ("tonic", "burst"), strict=True
):
    axis.plot(trace.t / ms, v / mV, color="k", lw=0.8)
    axis.vlines(train / ms, -35, 20, color="k", lw=0.8)
    axis.plot(trace.t / ms, 20 * h - 110, color="C3", lw=1)
    axis.set(ylabel="v (mV); h (red)", title=text)
axes[1].set(xlabel="time (ms)", xlim=(300, 800))
plt.tight_layout()
plt.show()
