"""A bump of activity that stays where it was put

S. Amari, "Dynamics of pattern formation in lateral-inhibition type neural fields", Biol. Cybern.
27:77-87 (1977), eqs. 1-3.

Below, cells on a ring excite their neighbours and inhibit the rest. A brief cue leaves a bump that
outlasts it, with one width whatever the cue; noise makes it wander, and a second cue moves it.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(5)
n, tau, h = 200, 10 * ms, -0.6
field = NeuronGroup(
    n,
    """du/dt = (-u + lateral + h + cue)/tau + 0.3*sqrt(2/tau)*xi : 1
    cue = 4*int(t > 50*ms)*int(t < 100*ms)*int(abs(i - 60) < 8)
        + 4*int(t > 500*ms)*int(t < 550*ms)*int(abs(i - 140) < 25) : 1
    fired = int(u > 0) : 1
    lateral : 1""",
    method="euler",
    dt=0.5 * ms,
)
field.u = h
coupling = Synapses(field, field, "w : 1 (constant)\nlateral_post = w*fired_pre : 1 (summed)")
coupling.connect()
distance = "(abs(i - j) if abs(i - j) < N_pre/2 else N_pre - abs(i - j))"
coupling.w = f"0.22*exp(-({distance}/10.0)**2/2) - 0.09"
trace = StateMonitor(field, "u", record=True, dt=2 * ms)
run(1 * second)

active = np.asarray(trace.u) > 0
t = np.asarray(trace.t / ms)
width = active.sum(axis=0)
positions = np.exp(2j * np.pi * np.arange(n) / n)
centre = np.angle((active * positions[:, None]).sum(axis=0)) / 2 / np.pi * n % n
first, last = centre[(t > 300) & (t < 500)].mean(), centre[t > 800].mean()
widths = width[(t > 300) & (t < 500)].mean(), width[t > 800].mean()
print(f"after the first cue at {first:.0f}, {widths[0]:.0f} cells wide", end="; ")
print(f"after the second at {last:.0f}, {widths[1]:.0f} wide")

_, axis = plt.subplots(figsize=(8, 4))
image = axis.imshow(trace.u, aspect="auto", origin="lower", extent=(0, 1000, 0, n), cmap="magma")
axis.set(xlabel="time (ms)", ylabel="place on the ring")
plt.colorbar(image, label="u")
plt.tight_layout()
plt.show()
