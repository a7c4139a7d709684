"""A memory that completes what it is shown

J. J. Hopfield, "Neural networks and physical systems with emergent collective computational
abilities", Proc. Natl. Acad. Sci. USA 79:2554-2558 (1982), eqs. 1-2.

Below, three pictures are stored in the couplings of 400 units that look, each at a random time, at
the sum of their inputs. Shown a third of a picture wrongly, the network restores it.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(6)
side = 20
x, y = np.meshgrid(np.arange(side), np.arange(side))
pictures = np.array(
    [
        np.hypot(x - 9.5, y - 9.5) % 6 < 3,  # rings
        (x // 5 + y // 5) % 2 == 0,  # a chess board
        np.abs(x - y) % 7 < 3,  # stripes
    ]
).reshape(3, -1)
patterns = 2.0 * pictures - 1

units = NeuronGroup(side * side, "s : 1\nfield : 1")
units.run_regularly("s = s if rand() > 0.1 else (1 if field >= 0 else -1)", dt=1 * ms)
couplings = Synapses(units, units, "w : 1\nfield_post = w*s_pre : 1 (summed)")
couplings.connect("i != j")
couplings.w = (patterns.T @ patterns / side**2)[couplings.i[:], couplings.j[:]]
shown = np.random.default_rng(1).permutation(side * side)[: side * side // 3]
starts, ends, traces = [], [], []
trace = StateMonitor(units, "s", record=True, dt=1 * ms)
net = Network(units, couplings, trace)
net.store()
for pattern in patterns:
    net.restore()
    units.s = pattern
    units.s[shown] = -pattern[shown]
    starts.append(np.array(units.s[:]))
    net.run(60 * ms)
    ends.append(np.array(units.s[:]))
    traces.append(pattern @ trace.s / side**2)

overlaps = [float(p @ s) / side**2 for p, s in zip(patterns, ends, strict=True)]
print("overlap with the picture at the end:", ", ".join(f"{m:.2f}" for m in overlaps))

figure, axes = plt.subplots(3, 3, figsize=(9, 7), width_ratios=[1, 1, 1.6])
for row, start, end, overlap in zip(axes, starts, ends, traces, strict=True):
    for axis, state in zip(row, (start, end), strict=False):
        axis.imshow(state.reshape(side, side), cmap="gray_r")
        axis.set(xticks=[], yticks=[])
    row[2].plot(overlap, color="C1")
    row[2].set(ylim=(0, 1.05), ylabel="overlap")
axes[0, 0].set_title("shown")
axes[0, 1].set_title("recalled")
axes[2, 2].set_xlabel("time (ms)")
plt.tight_layout()
plt.show()
