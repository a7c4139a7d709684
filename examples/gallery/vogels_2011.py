"""Inhibition that learns to balance excitation

T. P. Vogels, H. Sprekeler, F. Zenke, C. Clopath and W. Gerstner, "Inhibitory plasticity balances
excitation and inhibition in sensory pathways and memory networks", Science 334:1569-1573 (2011),
eqs. 1-2 of the methods.

Below, a network of 1000 cells whose inhibition starts too weak. The inhibitory synapses change
until each excitatory cell fires at the rate asked for, 4 Hz, irregularly.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(9)
tau_m, tau_e, tau_i, tau_stdp = 20 * ms, 5 * ms, 10 * ms, 20 * ms
eta, target_rate = 0.05, 4 * Hz
alpha = 2 * target_rate * tau_stdp
equations = """
dv/dt = (-60*mV - v + g_e*(0*mV - v) + g_i*(-80*mV - v) + 20*mV)/tau_m : volt (unless refractory)
dg_e/dt = -g_e/tau_e : 1
dg_i/dt = -g_i/tau_i : 1
"""
cells = NeuronGroup(
    1000, equations, threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="euler"
)
cells.v = "-60*mV + 10*mV*rand()"
excitatory, inhibitory = cells[:800], cells[800:]
excite = Synapses(excitatory, cells, on_pre="g_e_post += 0.08")
excite.connect(p=0.05)
calm = Synapses(inhibitory, inhibitory, on_pre="g_i_post += 0.35")
calm.connect(p=0.05)
learn = Synapses(
    inhibitory,
    excitatory,
    """w : 1
    dapre/dt = -apre/tau_stdp : 1 (event-driven)
    dapost/dt = -apost/tau_stdp : 1 (event-driven)""",
    on_pre="apre += 1; w = clip(w + eta*(apost - alpha), 0, 20); g_i_post += 0.1*w",
    on_post="apost += 1; w = clip(w + eta*apre, 0, 20)",
)
learn.connect(p=0.2)
learn.w = 0.01
rate = PopulationRateMonitor(excitatory)
spikes = SpikeMonitor(excitatory)
run(20 * second)

first = float(np.mean(rate.rate[:2000] / Hz))
last = float(np.mean(rate.rate[-50000:] / Hz))
trains = spikes.spike_trains().values()
late = [np.diff(train[train > 10 * second] / second) for train in trains]
cv = float(np.mean([x.std() / x.mean() for x in late if len(x) > 8]))
print(f"excitatory rate {first:.1f} Hz at first, {last:.1f} Hz at last; irregularity {cv:.2f}")

_, axes = plt.subplots(3, 1, figsize=(9, 7))
axes[0].plot(rate.t / second, rate.smooth_rate("flat", width=100.1 * ms) / Hz, color="C3", lw=0.8)
axes[0].axhline(4, color="0.5", ls=":")
axes[0].set(xlabel="time (s)", ylabel="rate (Hz)")
for axis, begin in ((axes[1], 0), (axes[2], 19.5)):
    shown = (spikes.t > begin * second) & (spikes.t < (begin + 0.5) * second)
    axis.plot(spikes.t[shown] / second, spikes.i[shown], ".k", ms=1)
    axis.set(ylabel="cell")
axes[2].set(xlabel="time (s)")
plt.tight_layout()
plt.show()
