"""Fluctuating input makes spikes that can be repeated

Z. F. Mainen and T. J. Sejnowski, "Reliability of spike timing in neocortical neurons", Science
268:1503-1506 (1995), figs. 1 and 2; here with leaky integrate-and-fire cells that have noise.

Below, 25 repetitions of a constant current: the spikes drift apart. The same with a frozen
fluctuating current of the same mean: they stay together.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(7)
tau, tau_stimulus, noise = 20 * ms, 3 * ms, 0.5 * mV
filtered = np.zeros(2000)
kicks = np.random.default_rng(4).standard_normal(2000)
for k in range(1, 2000):
    filtered[k] = filtered[k - 1] * np.exp(-0.5 * ms / tau_stimulus) + kicks[k]
stimulus = TimedArray(14 * filtered / filtered.std() * mV, dt=0.5 * ms)
equations = """
dv/dt = (17.5*mV + fluctuate*stimulus(t) - v)/tau + noise*sqrt(2/tau)*xi : volt (unless refractory)
fluctuate : 1 (constant)
"""
cells = NeuronGroup(
    50, equations, threshold="v > 15*mV", reset="v = 0*mV", refractory=3 * ms, method="euler"
)
cells.fluctuate = "int(i >= 25)"
spikes = SpikeMonitor(cells)
run(1 * second)


def reliability(first):
    """Mean correlation of pairs of trains that are smoothed with a Gaussian of 3 ms."""
    time = np.arange(0, 1000, 0.5)
    chosen = (spikes.i >= first) & (spikes.i < first + 25)
    rows = np.zeros((25, 2000))
    np.add.at(rows, (spikes.i[chosen] - first, np.int64(spikes.t[chosen] / ms / 0.5)), 1)
    kernel = np.exp(-((time[:81] - 20) ** 2) / (2 * 3**2))
    smooth = np.array([np.convolve(row, kernel, "same") for row in rows])
    unit = smooth / np.linalg.norm(smooth, axis=1, keepdims=True)
    return ((unit @ unit.T).sum() - 25) / (25 * 24)


constant, fluctuating = reliability(0), reliability(25)
print(f"reliability: constant current {constant:.2f}, fluctuating current {fluctuating:.2f}")

_, axes = plt.subplots(2, 2, figsize=(10, 5), sharex=True, height_ratios=[1, 2])
time = np.arange(0, 1000, 0.5)
axes[0, 0].plot(time, np.full(2000, 17.5), color="C3")
axes[0, 1].plot(time, 17.5 + stimulus.values / float(mV), color="C3", lw=0.8)
for axis, first, value in ((axes[1, 0], 0, constant), (axes[1, 1], 25, fluctuating)):
    chosen = (spikes.i >= first) & (spikes.i < first + 25)
    axis.plot(spikes.t[chosen] / ms, spikes.i[chosen] - first, "|k", ms=4)
    axis.set(xlabel="time (ms)", title=f"reliability {value:.2f}")
axes[0, 0].set(ylim=(-30, 65), ylabel="input (mV)")
axes[0, 1].set(ylim=(-30, 65))
axes[1, 0].set(ylabel="repetition")
plt.tight_layout()
plt.show()
