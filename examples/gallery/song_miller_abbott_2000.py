"""Competition between synapses, and a map that learns its column

S. Song, K. D. Miller and L. F. Abbott, "Competitive Hebbian learning through spike-timing-dependent
synaptic plasticity", Nature Neurosci. 3:919-926 (2000), figs. 2 and 4; the correlated inputs follow
S. Song and L. F. Abbott, "Cortical development and remapping through spike timing-dependent
plasticity", Neuron 32:339-350 (2001).

Below, two groups of inputs onto one cell: those of the first fire together, those of the second do
not. Spike-timing-dependent plasticity strengthens the first and weakens the second.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(12)
n = 400
tau, tau_e, tau_pre, tau_post = 20 * ms, 5 * ms, 20 * ms, 20 * ms
g_max, dA_pre = 0.03, 0.008
dA_post = -dA_pre * 1.05
inputs = NeuronGroup(
    n,
    """rate = 15*Hz*(1 + int(i < N//2)*(common - 1)) : Hz
    common : 1 (shared)""",
    threshold="rand() < rate*dt",
)
inputs.run_regularly("common = 0.0 + 3.0*int(rand() < 0.33)", dt=20 * ms)
cell = NeuronGroup(
    1,
    """dv/dt = (g*(0*mV - v) + (-74*mV - v))/tau : volt
    dg/dt = -g/tau_e : 1""",
    threshold="v > -54*mV",
    reset="v = -60*mV",
    method="euler",
)
cell.v = -70 * mV
synapses = Synapses(
    inputs,
    cell,
    """w : 1
    dapre/dt = -apre/tau_pre : 1 (event-driven)
    dapost/dt = -apost/tau_post : 1 (event-driven)""",
    on_pre="g_post += w; apre += dA_pre*g_max; w = clip(w + apost, 0, g_max)",
    on_post="apost += dA_post*g_max; w = clip(w + apre, 0, g_max)",
)
synapses.connect()
synapses.w = "rand()*g_max"
weights = StateMonitor(synapses, "w", record=True, dt=1 * second)
spikes = SpikeMonitor(cell)
run(60 * second)

strength = np.asarray(weights.w) / g_max
together, alone = strength[: n // 2].mean(axis=0), strength[n // 2 :].mean(axis=0)
print(f"mean weight at the end: {together[-1]:.2f} of those that fire together, {alone[-1]:.2f}")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.plot(weights.t / second, together, label="fire together")
left.plot(weights.t / second, alone, label="fire on their own")
left.set(xlabel="time (s)", ylabel="mean weight / largest", ylim=(0, 1))
left.legend(frameon=False)
right.plot(strength[:, -1], ".k", ms=3)
right.set(xlabel="input", ylabel="weight / largest")
plt.tight_layout()
plt.show()
