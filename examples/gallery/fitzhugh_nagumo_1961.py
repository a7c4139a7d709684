"""A cell as a relaxation oscillator, in its phase plane

R. FitzHugh, "Impulses and physiological states in theoretical models of nerve membrane",
Biophys. J. 1:445-466 (1961), eqs. 1-2.

Two variables are enough for spikes: a fast one, v, and a slow one, w, that recovers. Below, the
state runs along the falling branches of the cubic nullcline and jumps between them.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *
from rheobase.plotting import phase_plane

a, b, c = 0.7, 0.8, 3.0
z = -0.4  # the stimulus
equations = """
dv/dt = c*(w + v - v**3/3 + z)/ms  : 1
dw/dt = -(v - a + b*w)/c/ms        : 1
"""
cell = NeuronGroup(1, equations, method="rk4")
cell.v, cell.w = 0.5, -0.5
trace = StateMonitor(cell, ["v", "w"], record=0)
run(60 * ms)

peaks = (trace.v[0, 1:-1] > trace.v[0, 2:]) & (trace.v[0, 1:-1] > trace.v[0, :-2])
period = np.diff(trace.t[1:-1][peaks]).mean() / ms if peaks.sum() > 1 else np.nan
print(f"period {period:.1f} ms")

_, (plane, time) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[1, 1.4])
phase_plane(cell, ("v", -2.5, 2.5), ("w", -1.5, 2.0), plane)
plane.plot(trace.v[0], trace.w[0], color="k", lw=1)
time.plot(trace.t / ms, trace.v[0], label="v")
time.plot(trace.t / ms, trace.w[0], label="w")
time.set(xlabel="time (ms)")
time.legend(frameon=False)
plt.tight_layout()
plt.show()
