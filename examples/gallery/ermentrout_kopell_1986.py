"""A phase that goes round: the theta neuron

G. B. Ermentrout and N. Kopell, "Parabolic bursting in an excitable system coupled with a slow
oscillation", SIAM J. Appl. Math. 46:233-253 (1986).

Every cell at the border of firing looks like this one: a phase, and a spike when it passes pi.
Left, rates grow with the root of the current. Right, a slow rhythm of the current makes parabolic
bursts, fastest in the middle.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

equations = """
dtheta/dt = (1 - cos(theta) + (1 + cos(theta))*(I + slow*cos(omega*t)))/ms : 1
I    : 1 (constant)
slow : 1 (constant)
"""
omega = 2 * np.pi / (400 * ms)
cells = NeuronGroup(
    51, equations, threshold="theta > pi", reset="theta -= 2*pi", method="rk4", dt=0.05 * ms
)
cells.I = "-0.01 + 0.11*i/49"
cells.I[50], cells.slow[50] = 0.0, 0.3
trace = StateMonitor(cells, "theta", record=[50])
spikes = SpikeMonitor(cells)
run(2000 * ms)

trains = spikes.spike_trains()
rates = np.array([1 / np.diff(trains[k])[-1] if len(trains[k]) > 2 else 0 for k in range(50)])
drive = np.asarray(cells.I[:50])
exact = np.sqrt(np.maximum(drive, 0)) / np.pi * 1000  # Hz
burst = np.diff(trains[50][(trains[50] > 200 * ms) & (trains[50] < 600 * ms)] / ms)
burst = burst[burst < 100]
print(f"largest difference of rates {max(abs(rates - exact)):.2f} Hz")
first, least, last = burst[0], min(burst), burst[-1]
print(f"intervals of a burst: {first:.1f} ms at first, {least:.1f} at least, {last:.1f} at last")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[1, 1.6])
left.plot(drive, exact, color="C1", label="sqrt(I)/pi")
left.plot(drive, rates, "k.", label="simulated")
left.set(xlabel="I", ylabel="rate (Hz)")
left.legend(frameon=False)
right.plot(trace.t / ms, 1 - np.cos(trace.theta[0]), color="k", lw=0.8)
right.plot(trace.t / ms, 0.6 * np.cos(omega * trace.t) - 1, color="C3")
right.set(xlim=(300, 1300), xlabel="time (ms)", ylabel="1 - cos(theta); the current (red)")
plt.tight_layout()
plt.show()
