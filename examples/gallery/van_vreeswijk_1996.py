"""Balance makes a network irregular although nothing in it is random

C. van Vreeswijk and H. Sompolinsky, "Chaos in neuronal networks with balanced excitatory and
inhibitory activity", Science 274:1724-1726 (1996).

Below, binary units that look at their inputs at random times (here: a fifth of a ms in ten). Strong
excitation and inhibition cancel, the activity follows the external drive in proportion, and each
unit switches irregularly.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(4)
n_e, n_i, K = 2000, 2000, 200
# couplings in units of 1/sqrt(K): from excitatory 1, 1; from inhibitory -2, -1.8; drive 1, 0.8
units = NeuronGroup(
    n_e + n_i,
    """s : 1
    field : 1
    drive : 1 (shared)
    theta : 1 (constant)
    strength : 1 (constant)""",
)
units.run_regularly(
    "s = s if rand() > 0.1 else 1.0*int(field + strength*drive*sqrt(K) > theta)", dt=1 * ms
)
units.theta[:n_e], units.theta[n_e:] = 1.0, 0.7
units.strength[:n_e], units.strength[n_e:] = 1.0, 0.8
couplings = Synapses(units, units, "w : 1 (constant)\nfield_post = w*s_pre : 1 (summed)", dt=1 * ms)
couplings.connect(p=K / n_e)
couplings.w["i < n_e"] = "1/sqrt(K)"
couplings.w["i >= n_e and j < n_e"] = "-2/sqrt(K)"
couplings.w["i >= n_e and j >= n_e"] = "-1.8/sqrt(K)"
units.s = "int(rand() < 0.1)"
trace = StateMonitor(units, ["s", "field"], record=range(200), dt=1 * ms)
activities = []
drives = np.array([0.1, 0.2, 0.3, 0.4])
for level in drives:
    units.drive = level
    run(250 * ms)
    activities.append(np.asarray(trace.s[:, -150:]).mean())
activities = np.array(activities)
total = trace.field[0] + np.repeat(drives, 250) * np.sqrt(K)

# balance for infinite K: E - 2 I + drive = 0 and E - 1.8 I + 0.8 drive = 0, so E = I = drive
line = np.polyfit(drives, activities, 1)
error = max(abs(np.polyval(line, drives) - activities))
input_of_one = np.asarray(trace.field[:, -150:]) + drives[-1] * np.sqrt(K)
print("activities " + ", ".join(f"{a:.3f}" for a in activities) + f": a line to {error:.3f}")
left_over = input_of_one.mean()
print(f"external input {drives[-1] * np.sqrt(K):.1f}; on average {left_over:.2f} of it is left")

_, axes = plt.subplots(1, 3, figsize=(12, 4))
axes[0].plot(drives, activities, "ok")
axes[0].plot(drives, np.polyval(line, drives), color="C1")
axes[0].set(xlabel="external drive", ylabel="activity of excitatory units")
axes[1].plot(trace.t / ms, trace.field[0], lw=0.7, label="from the network")
axes[1].plot(trace.t / ms, total, lw=0.7, label="total")
axes[1].axhline(1, color="k", ls=":")
axes[1].set(xlabel="time (ms)", ylabel="input of one unit")
axes[1].legend(frameon=False, loc="lower left")
axes[2].imshow(trace.s[:60, -150:], aspect="auto", cmap="gray_r", interpolation="nearest")
axes[2].set(xlabel="time (ms, the last 150)", ylabel="unit")
plt.tight_layout()
plt.show()
