"""Weights that settle in one heap

M. C. W. van Rossum, G.-Q. Bi and G. G. Turrigiano, "Stable Hebbian learning from spike
timing-dependent plasticity", J. Neurosci. 20:8812-8821 (2000), eqs. 1-3 and fig. 3.

Below, potentiation adds the same to every synapse, and depression takes a fraction. Where additive
rules push weights to their limits, these weights end in one heap without limits.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(3)
n, tau, tau_e, tau_stdp = 400, 20 * ms, 5 * ms, 20 * ms
c_p, c_d = 0.03, 0.06
unit = 0.02
inputs = PoissonGroup(n, 20 * Hz)
cell = NeuronGroup(
    2,
    "dv/dt = (g*(0*mV - v) + (-74*mV - v))/tau : volt\ndg/dt = -g/tau_e : 1",
    threshold="v > -54*mV",
    reset="v = -60*mV",
    method="euler",
)
cell.v = -70 * mV
model = """
w : 1
dapre/dt = -apre/tau_stdp : 1 (event-driven)
dapost/dt = -apost/tau_stdp : 1 (event-driven)
"""
noise = "(1 + 0.1*randn())"
multiplicative = Synapses(
    inputs,
    cell,
    model,
    on_pre=f"g_post += w*unit; apre += 1; w = clip(w - c_d*w*apost*{noise}, 0, inf)",
    on_post=f"apost += 1; w += c_p*apre*{noise}",
)
multiplicative.connect("j == 0")
additive = Synapses(
    inputs,
    cell,
    model,
    on_pre="g_post += w*unit; apre += 1; w = clip(w - 0.0105*apost, 0, 1)",
    on_post="apost += 1; w = clip(w + 0.01*apre, 0, 1)",
)
additive.connect("j == 1")
multiplicative.w = additive.w = "rand()"
run(150 * second)

one_heap, two_heaps = np.asarray(multiplicative.w[:]), np.asarray(additive.w[:])
extremes = np.mean((two_heaps < 0.1) | (two_heaps > 0.9))
spread = one_heap.std() / one_heap.mean()
print(f"multiplicative: std/mean {spread:.2f}; additive: {extremes:.0%} of weights at a limit")

_, axes = plt.subplots(1, 2, figsize=(10, 4))
axes[0].hist(one_heap, bins=40, color="C0")
axes[0].set(title="depression in proportion to the weight", xlabel="weight", ylabel="synapses")
axes[1].hist(two_heaps, bins=40, color="C1")
axes[1].set(title="depression by a fixed step", xlabel="weight")
plt.tight_layout()
plt.show()
