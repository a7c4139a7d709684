"""A pulse that travels without becoming smaller

J. Nagumo, S. Arimoto and S. Yoshizawa, "An active pulse transmission line simulating nerve axon",
Proc. IRE 50:2061-2070 (1962).

Below, four hundred excitable cells in a line, coupled to their neighbours. A pulse that starts at
one end travels at constant speed and shape; two pulses that meet annihilate each other.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

a, b, epsilon, D = 0.7, 0.8, 0.08, 1.0
n = 400
cells = NeuronGroup(
    n,
    """dv/dt = (v - v**3/3 - w + I + D*coupling)/ms : 1
    dw/dt = epsilon*(v + a - b*w)/ms : 1
    I = 1.0*int(i < 5)*int(t < 10*ms) + 1.0*int(i >= N - 5)*int(t > 600*ms)*int(t < 610*ms)
        + 1.0*int(i < 5)*int(t > 600*ms)*int(t < 610*ms) : 1
    coupling : 1""",
    threshold="v > 0",
    refractory="v > 0",
    method="rk4",
)
cells.v, cells.w = -1.1994, -0.6243
neighbours = Synapses(cells, cells, "coupling_post = v_pre - v_post : 1 (summed)")
neighbours.connect("abs(i - j) == 1")
trace = StateMonitor(cells, "v", record=range(0, n, 2), dt=1 * ms)
spikes = SpikeMonitor(cells)
run(900 * ms)

first = {k: train[0] for k, train in spikes.spike_trains().items() if len(train)}
times = np.array([float(first[k] / ms) for k in range(50, 350)])
steps = np.diff(times)
speed = 1 / steps.mean()
print(f"speed {speed:.2f} cells/ms, the same everywhere to {steps.std() / steps.mean():.1%}")
second_wave = [len(train) for train in spikes.spike_trains().values()]
print(f"each cell fired {min(second_wave)} to {max(second_wave)} times")

_, axis = plt.subplots(figsize=(8, 5))
image = axis.imshow(trace.v, aspect="auto", origin="lower", extent=(0, 900, 0, n), cmap="magma")
axis.set(xlabel="time (ms)", ylabel="cell")
plt.colorbar(image, label="v")
plt.tight_layout()
plt.show()
