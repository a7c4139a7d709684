"""A fast rhythm of a population whose cells fire rarely

N. Brunel and V. Hakim, "Fast global oscillations in networks of integrate-and-fire neurons with low
firing rates", Neural Comput. 11:1621-1671 (1999), fig. 1 and eq. 2.1.

Below, inhibition that comes after 2 ms makes the population oscillate more than a hundred times in
a second, while each cell fires irregularly and many times slower.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(8)
tau, theta, reset_potential, J, delay = 20 * ms, 20 * mV, 10 * mV, 0.1 * mV, 2 * ms
drive, sigma = 25 * mV, 1 * mV
equations = "dv/dt = (drive - v)/tau + sigma/sqrt(tau)*xi : volt (unless refractory)"
cells = NeuronGroup(
    5000,
    equations,
    threshold="v > theta",
    reset="v = reset_potential",
    refractory=2 * ms,
    method="euler",
)
cells.v = reset_potential
inhibition = Synapses(cells, cells, on_pre="v_post -= J", delay=delay)
inhibition.connect(p=0.2)
spikes, rate = SpikeMonitor(cells), PopulationRateMonitor(cells)
run(500 * ms)

late = np.asarray(rate.rate[1000:])  # the first 100 ms are the start
power = np.abs(np.fft.rfft(late - late.mean())) ** 2
frequency = np.fft.rfftfreq(len(late), 0.1e-3)[np.argmax(power)]
cell_rate = late.mean()
print(f"each cell fires at {cell_rate:.0f} Hz, the population oscillates at {frequency:.0f} Hz")

_, (raster, population) = plt.subplots(2, 1, sharex=True, figsize=(8, 5))
few = spikes.i < 100
raster.plot(spikes.t[few] / ms, spikes.i[few], ".k", ms=3)
raster.set(ylabel="cell (of 5000)")
population.plot(rate.t / ms, rate.smooth_rate("gaussian", width=0.5 * ms) / Hz, color="C3")
population.set(xlabel="time (ms)", ylabel="rate (Hz)", xlim=(300, 500))
plt.tight_layout()
plt.show()
