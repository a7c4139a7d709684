"""Pulse-coupled oscillators fall into step

R. E. Mirollo and S. H. Strogatz, "Synchronization of pulse-coupled biological oscillators", SIAM J.
Appl. Math. 50:1645-1662 (1990).

Below, a hundred leaky oscillators push each other up by a little whenever they fire, as fireflies
might. From any start, groups absorb each other until all flash together.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(4)
tau, I, kick, at_start = 10 * ms, 1.2, 0.006, np.random.default_rng(2)
cells = NeuronGroup(
    100,
    "dx/dt = (I - x)/tau : 1",
    threshold="x > 1",
    reset="x = 0",
    refractory=0.15 * ms,
    method="exact",
)
cells.x = at_start.random(100)
pulses = Synapses(cells, cells, on_pre="x_post += kick*int(not_refractory_post)")
pulses.connect("i != j")
spikes = SpikeMonitor(cells)
run(400 * ms)

order = np.sort(np.asarray(spikes.t / ms))
flashes = np.split(order, np.flatnonzero(np.diff(order) > 0.5) + 1)  # between pauses
times, sizes = np.array([(f[0], len(f)) for f in flashes]).T
largest = [sizes[(times > t) & (times <= t + 20)].max() for t in range(0, 400, 20)]
print(f"largest flash: {largest[0]:.0f} cells at first, {largest[-1]:.0f} of 100 at last")

_, (raster, flash) = plt.subplots(2, 1, sharex=True, figsize=(8, 5))
raster.plot(spikes.t / ms, spikes.i, ".k", ms=2)
raster.set(ylabel="cell")
flash.bar(times, sizes, width=1, color="C1")
flash.set(xlabel="time (ms)", ylabel="cells in a flash")
plt.tight_layout()
plt.show()
