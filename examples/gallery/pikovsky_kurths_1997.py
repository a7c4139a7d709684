"""Some noise, neither little nor much, makes spikes most regular

A. S. Pikovsky and J. Kurths, "Coherence resonance in a noise-driven excitable system", Phys. Rev.
Lett. 78:775-778 (1997), eqs. 1-2 and fig. 2.

Below, an excitable FitzHugh-Nagumo cell fires only because of noise. The intervals vary least,
relative to their mean, at an intermediate amplitude.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

epsilon, a = 0.01, 1.05
equations = """
dx/dt = (x - x**3/3 - y)/epsilon/second            : 1
dy/dt = (x + a)/second + D*xi                      : 1
D : second**-0.5 (constant)
"""
amplitudes = np.geomspace(0.015, 0.5, 12)
seed(3)
cells = NeuronGroup(
    12 * 20, equations, threshold="x > 0", refractory="x > -0.5", method="euler", dt=1 * ms
)
cells.x, cells.y = -a, -a + a**3 / 3
cells.D = np.repeat(amplitudes, 20) * second**-0.5
trace = StateMonitor(cells, "x", record=[40, 120, 239], dt=10 * ms)
spikes = SpikeMonitor(cells)
run(200 * second)

trains = spikes.spike_trains()
variation = []
for k in range(12):
    intervals = np.concatenate([np.diff(trains[n]) for n in range(20 * k, 20 * k + 20)])
    variation.append(np.std(intervals) / np.mean(intervals) if len(intervals) > 20 else np.nan)
best = int(np.nanargmin(variation))
print(f"most regular at D = {amplitudes[best]:.3f}: std/mean of intervals {variation[best]:.2f}")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.semilogx(amplitudes, variation, "o-k")
left.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"])
left.minorticks_off()
left.set(xlabel="amplitude of the noise D", ylabel="std/mean of intervals")
for k, n in enumerate([40, 120, 239]):
    right.plot(trace.t / second, trace.x[k] + 5 * k, lw=0.7, label=f"D = {amplitudes[n // 20]:.3f}")
right.set(xlabel="time (s)", xlim=(0, 60), yticks=[], ylabel="x")
right.legend(loc="upper right", fontsize=8)
plt.tight_layout()
plt.show()
