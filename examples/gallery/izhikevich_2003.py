"""Seven kinds of neurons from one pair of equations

E. M. Izhikevich, "Simple model of spiking neurons", IEEE Trans. Neural Netw. 14:1569-1572 (2003),
eqs. 1-3 and fig. 2.

Below, one step of current and four constants a, b, c, d for each kind: regular spiking, bursting,
chattering, fast and low-threshold spiking cells of the cortex, and a relay cell of the thalamus.
"""

import matplotlib.pyplot as plt

from rheobase import *

kinds = {
    "regular spiking": (0.02, 0.2, -65, 8),
    "intrinsically bursting": (0.02, 0.2, -55, 4),
    "chattering": (0.02, 0.2, -50, 2),
    "fast spiking": (0.1, 0.2, -65, 2),
    "low-threshold spiking": (0.02, 0.25, -65, 2),
    "thalamo-cortical": (0.02, 0.25, -65, 0.05),
    "resonator": (0.1, 0.26, -65, 2),
}
equations = """
dv/dt = (0.04*v**2 + 5*v + 140 - u + drive*int(t > 50*ms))/ms  : 1
du/dt = a*(b*v - u)/ms                                         : 1
a : 1 (constant)
b : 1 (constant)
c : 1 (constant)
d : 1 (constant)
drive : 1 (constant)
"""
cells = NeuronGroup(
    len(kinds), equations, threshold="v >= 30", reset="v = c; u += d", method="rk4", dt=0.05 * ms
)
cells.a, cells.b, cells.c, cells.d = zip(*kinds.values(), strict=True)
cells.drive = [10, 10, 10, 10, 10, 1.5, 0.6]
cells.v = -65
cells.u = "b*v"
trace = StateMonitor(cells, "v", record=True)
spikes = SpikeMonitor(cells)
run(350 * ms)

counts = dict(zip(kinds, spikes.count[:], strict=True))
for kind, count in counts.items():
    print(f"{kind:24}{count:3} spikes")

_, axes = plt.subplots(4, 2, figsize=(10, 8), sharex=True, sharey=True)
for axis, kind, v in zip(axes.flat, kinds, trace.v, strict=False):
    axis.plot(trace.t / ms, v, lw=0.8, color="k")
    axis.set_title(kind, fontsize=10)
axes.flat[-1].axis("off")
for axis in (axes[3, 0], axes[2, 1]):
    axis.set(xlabel="time (ms)")
axes[2, 1].tick_params(labelbottom=True)
for axis in axes[:, 0]:
    axis.set(ylabel="v (mV)")
plt.tight_layout()
plt.show()
