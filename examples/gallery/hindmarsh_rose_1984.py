"""Bursts, and chaos, from three equations

J. L. Hindmarsh and R. M. Rose, "A model of neuronal bursting using three coupled first order
differential equations", Proc. R. Soc. Lond. B 221:87-102 (1984), eqs. 5.

Below, a slow variable z switches spiking on and off. With more current the bursts grow, become
irregular (the scattered intervals near I = 3.2), and merge into steady firing.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

r, s, x_1 = 0.005, 4.0, -1.6
equations = """
dx/dt = (y - x**3 + 3*x**2 + I - z)/ms : 1
dy/dt = (1 - 5*x**2 - y)/ms            : 1
dz/dt = r*(s*(x - x_1) - z)/ms         : 1
I : 1 (constant)
"""
cells = NeuronGroup(
    400, equations, threshold="x > 1", refractory="x > 1", method="rk4", dt=0.05 * ms
)
cells.x, cells.y, cells.I = -1.6, -10, "1.2 + 2.6*i/(N - 1)"
cells.z = "0"
trace = StateMonitor(cells, ["x", "z"], record=[120, 308])
spikes = SpikeMonitor(cells)
run(4000 * ms)

trains = spikes.spike_trains()
late = {k: np.diff(train[train > 1500 * ms]) / ms for k, train in trains.items()}
burst = late[120]
print(f"I = {cells.I[120]:.2f}: intervals of {min(burst):.0f} to {max(burst):.0f} ms")
print(f"I = {cells.I[399]:.2f}: intervals of {min(late[399]):.1f} to {max(late[399]):.1f} ms")

_, (top, middle, bottom) = plt.subplots(3, 1, figsize=(9, 7), height_ratios=[1, 1, 1.6])
for axis, k in ((top, 0), (middle, 1)):
    axis.plot(trace.t / ms, trace.x[k], lw=0.6, color="k", label="x")
    axis.plot(trace.t / ms, trace.z[k], color="C3", label="z")
    axis.set(xlim=(1500, 3000), ylim=(-2, 5), ylabel=f"I = {cells.I[[120, 308][k]]:.2f}")
top.legend(frameon=False, ncols=2, loc="upper right")
middle.set(xlabel="time (ms)")
for k, intervals in late.items():
    bottom.plot(np.full(len(intervals), cells.I[k]), intervals, "k,")
bottom.set(xlabel="I", ylabel="interval (ms)", yscale="log")
plt.tight_layout()
plt.show()
