"""Spikes as the first passage of a random walk

G. L. Gerstein and B. Mandelbrot, "Random walk models for the spike activity of a single neuron",
Biophys. J. 4:41-68 (1964), eq. 5: with drift to a threshold, intervals have the inverse Gaussian
distribution.

Below, the intervals of 2000 cells without a leak, and that distribution.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(5)
drift, sigma = 20 / second, 1.5 * second**-0.5
cells = NeuronGroup(
    2000,
    "dv/dt = drift + sigma*xi : 1",
    threshold="v > 1",
    reset="v = 0",
    method="euler",
    dt=0.01 * ms,
)
spikes = SpikeMonitor(cells)
run(0.6 * second)

first = {n: train for n, train in spikes.spike_trains().items() if len(train) > 4}
intervals = np.concatenate([np.diff(train[:5]) for train in first.values()]) / ms
mean, cv = intervals.mean(), intervals.std() / intervals.mean()
expected_mean, expected_cv = 1 / float(drift) * 1000, float(sigma) / np.sqrt(float(drift))
print(
    f"mean {mean:.1f} ms (theory {expected_mean:.1f}), std/mean {cv:.3f} (theory {expected_cv:.3f})"
)

t = np.linspace(1, 200, 400)
m, shape = expected_mean, expected_mean / expected_cv**2
density = np.sqrt(shape / (2 * np.pi * t**3)) * np.exp(-shape * (t - m) ** 2 / (2 * m**2 * t))
_, axis = plt.subplots()
axis.hist(intervals, bins=np.arange(0, 200, 4), density=True, color="0.7", label="simulated")
axis.plot(t, density, color="C1", label="inverse Gaussian")
axis.set(xlabel="interval (ms)", ylabel="density (1/ms)")
axis.legend(frameon=False)
plt.show()
