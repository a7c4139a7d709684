"""Cells become selective because the border of plasticity moves

E. L. Bienenstock, L. N. Cooper and P. W. Munro, "Theory for the development of neuron selectivity:
orientation specificity and binocular interaction in visual cortex", J. Neurosci. 2:32-48 (1982),
eqs. 1-6.

Below, cells see one of ten patterns at a time. Activity above a border strengthens, below it
weakens, and the border follows the mean square of the activity: each cell ends with one favourite.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(2)
rng = np.random.default_rng(3)
n, tau_theta, eta = 10, 0.3 * second, 1e-3
bumps = np.exp(3 * (np.cos(2 * np.pi * (np.arange(n)[:, None] - np.arange(n)) / n) - 1))
shown = TimedArray(bumps[rng.integers(0, n, 20_000)], dt=10 * ms)
inputs = NeuronGroup(n, "x = shown(t, i) : 1", dt=1 * ms)
cells = NeuronGroup(
    20, "y : 1\ndtheta/dt = (y**2 - theta)/tau_theta : 1", method="euler", dt=1 * ms
)
weights = Synapses(inputs, cells, "w : 1\ny_post = w*x_pre : 1 (summed)", dt=1 * ms)
weights.connect()
weights.run_regularly("w = clip(w + eta*x_pre*y_post*(y_post - theta_post), 0, 10)", dt=1 * ms)
weights.w, cells.theta = "0.2 + 0.2*rand()", 0.5
run(100 * second)

w = np.asarray(weights.w[:]).reshape(n, 20)
response = bumps @ w
selectivity = 1 - response.mean(axis=0) / response.max(axis=0)
start = 1 - (bumps @ np.full((n, 1), 0.3)).mean() / (bumps @ np.full((n, 1), 0.3)).max()
favourites = np.unique(response.argmax(axis=0))
print(
    f"selectivity {start:.2f} at first, {selectivity.min():.2f} to {selectivity.max():.2f} at last",
    end="; ",
)
print(f"{len(favourites)} different favourites")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
order = np.argsort(response.argmax(axis=0))
image = left.imshow(response[:, order], aspect="auto", cmap="viridis")
left.set(xlabel="cell (sorted)", ylabel="pattern")
plt.colorbar(image, label="response")
right.plot(response[:, order[::5]], ".-")
right.set(xlabel="pattern", ylabel="response")
plt.tight_layout()
plt.show()
