"""A Hebbian cell finds the direction in which its inputs vary most

E. Oja, "A simplified neuron model as a principal component analyzer", J. Math. Biol. 15:267-273
(1982), eq. 3.

Below, two correlated inputs and a cell y = w.x. The rule dw = y (x - y w) turns the weights towards
the first principal component and keeps their length at one, from any start.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

rng = np.random.default_rng(8)
angle = np.deg2rad(35)
rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
samples = rng.standard_normal((4000, 2)) * [1.0, 0.35] @ rotation.T
x = TimedArray(samples, dt=1 * ms)
eta = 0.02
cells = NeuronGroup(40, "y : 1")
inputs = NeuronGroup(2, "x_now = x(t, i) : 1")
weights = Synapses(
    inputs,
    cells,
    """w : 1
    y_post = w*x_now_pre : 1 (summed)""",
    dt=1 * ms,
)
weights.connect()
weights.run_regularly("w += eta*y_post*(x_now_pre - y_post*w)", dt=1 * ms, when="end")
weights.w = "1.5*(2*rand() - 1)"
trace = StateMonitor(weights, "w", record=True, dt=10 * ms)
run(4 * second)

w = np.asarray(weights.w[:]).reshape(2, -1)
principal = np.linalg.eigh(np.cov(samples.T))[1][:, -1]
cosines = abs(principal @ w) / np.linalg.norm(w, axis=0)
lengths = np.linalg.norm(w, axis=0)
print(f"smallest cosine {cosines.min():.3f}, lengths {lengths.min():.2f} to {lengths.max():.2f}")

_, axis = plt.subplots(figsize=(6, 6))
axis.plot(*samples[::4].T, ".", color="0.8", ms=2)
paths = np.asarray(trace.w).reshape(2, 40, -1)
for k in range(40):
    axis.plot(*paths[:, k], lw=0.6, color="C0")
axis.plot(*w, "ok", ms=4)
axis.axline((0, 0), principal, color="C3", ls=":")
axis.set(xlim=(-2.5, 2.5), ylim=(-2.5, 2.5), xlabel="input 1, weight 1", ylabel="input 2, weight 2")
plt.show()
