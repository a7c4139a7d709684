"""Where a sound comes from, told by delays and coincidences

L. A. Jeffress, "A place theory of sound localization", J. Comp. Physiol. Psychol. 41:35-39 (1948).

Below, each of 81 cells hears the left ear with a delay of its own and the right ear with another,
and fires when both spikes arrive together. A sound that turns around the head moves along the row.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(5)
defaultclock.dt = 0.02 * ms
n, max_itd = 81, 0.5 * ms
rng = np.random.default_rng(2)
sound = TimedArray(np.convolve(rng.standard_normal(100_000), np.ones(8) / 8, "same"), dt=0.02 * ms)
ears = NeuronGroup(
    2,
    """dx/dt = (30*sound(t - side*itd/2) - x)/(1*ms) + 0.1*(2/(1*ms))**.5*xi : 1 (unless refractory)
    itd = max_itd*sin(2*pi*t/second) : second
    side = 2*i - 1.0 : 1""",
    threshold="x > 2",
    reset="x = 0",
    refractory=2.5 * ms,
    method="euler",
)
row = NeuronGroup(n, "dv/dt = -v/(0.05*ms) : 1", threshold="v > 1.2", reset="v = 0", method="exact")
synapses = Synapses(ears, row, on_pre="v_post += 1")
synapses.connect()
synapses.delay["i == 0"] = "max_itd/2*(1 + (2.0*j/(N_post - 1) - 1)) + 0.1*ms"
synapses.delay["i == 1"] = "max_itd/2*(1 - (2.0*j/(N_post - 1) - 1)) + 0.1*ms"
spikes = SpikeMonitor(row)
run(1 * second)

place = (2 * np.asarray(spikes.i) / (n - 1) - 1) * float(max_itd / us)
itd = float(max_itd / us) * np.sin(2 * np.pi * np.asarray(spikes.t))
agreement = abs(np.corrcoef(place, itd)[0, 1])
print(f"{spikes.num_spikes} coincidences; correlation of place and angle {agreement:.2f}")

_, axis = plt.subplots(figsize=(8, 4))
axis.plot(spikes.t / ms, place, ".k", ms=2)
axis.plot(np.arange(0, 1000), 500 * np.sin(2 * np.pi * np.arange(1000) / 1000), color="C1", lw=1)
axis.set(xlabel="time (ms)", ylabel="best delay of the cell (us); of the sound (orange)")
plt.tight_layout()
plt.show()
