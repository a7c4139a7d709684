"""Noise helps a cell to hear what is too weak

A. Longtin, "Stochastic resonance in neuron models", J. Stat. Phys. 70:309-327 (1993).

Below, a sine that never reaches threshold on its own. With some noise, spikes come at its peaks;
with too much, anywhere. The information in the spikes has a maximum in between.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(6)
tau, f = 10 * ms, 10 * Hz
levels, each = np.geomspace(0.03, 2, 14), 60
cells = NeuronGroup(
    14 * each,
    """dv/dt = (0.8 + 0.2*sin(2*pi*f*t) - v)/tau + D*sqrt(2/tau)*xi : 1
    D : 1 (constant)""",
    threshold="v > 1",
    reset="v = 0",
    method="euler",
)
cells.D, cells.v = np.repeat(levels, each), "rand()*0.8"
spikes = SpikeMonitor(cells)
run(10 * second)

level = np.asarray(spikes.i) // each
phase = (np.asarray(spikes.t) * 10) % 1
count = np.array([np.sum(level == k) for k in range(14)])
vector = np.array([abs(np.sum(np.exp(2j * np.pi * phase[level == k]))) for k in range(14)])
signal_to_noise = np.where(count > 50, vector**2 / np.maximum(count, 1), 0) / each
best = int(np.argmax(signal_to_noise))
print(f"best noise {levels[best]:.2f}: signal to noise {signal_to_noise[best]:.1f}", end=", ")
print(f"{signal_to_noise[-1]:.1f} at the largest noise")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.semilogx(levels, signal_to_noise, "o-k")
left.set(xlabel="noise D", ylabel="signal / noise")
for k, text in ((best, "best"), (13, "largest")):
    right.hist(phase[level == k], bins=40, density=True, histtype="step", label=f"{text} noise")
right.set(xlabel="phase of the sine", ylabel="density of spikes")
right.legend(frameon=False)
plt.tight_layout()
plt.show()
