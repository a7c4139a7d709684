"""Adaptation makes cells report changes

J. Benda and A. V. M. Herz, "A universal model for spike-frequency adaptation", Neural Comput.
15:2523-2564 (2003).

Below, a current that each spike strengthens a little opposes the input. The response to a step is
large at first and then settles; at the onset the rate bends with the input, in the long run it is
almost a straight line.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau, tau_w = 10 * ms, 100 * ms
cells = NeuronGroup(
    60,
    """dv/dt = (I*int(t > 100*ms) - w - v)/tau : 1
    dw/dt = -w/tau_w                           : 1
    I : 1 (constant)""",
    threshold="v > 1",
    reset="v = 0; w += 0.35",
    method="rk4",
    dt=0.02 * ms,
)
cells.I = "1.0 + 5.0*i/(N - 1)"
spikes = SpikeMonitor(cells)
run(800 * ms)

trains = spikes.spike_trains()
onset = np.array([1 / np.diff(x)[0] if len(x) > 1 else 0 for x in trains.values()])
steady = np.array([1 / np.diff(x)[-1] if len(x) > 1 else 0 for x in trains.values()])
I = np.asarray(cells.I[:])
fit = np.polyfit(I[20:], steady[20:], 1)
bent = max(abs(np.polyval(fit, I[20:]) - steady[20:])) / steady[-1]
print(f"at I = {I[-1]:.0f}: {onset[-1]:.0f} Hz at first, {steady[-1]:.0f} Hz in the end", end="; ")
print(f"the steady rates are on a line to {bent:.1%}")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.plot(I, onset, label="onset")
left.plot(I, steady, label="steady")
left.set(xlabel="input I", ylabel="rate (Hz)")
left.legend(frameon=False)
for k in (20, 40, 59):
    right.plot(trains[k][1:] / ms, 1 / np.diff(trains[k]) / Hz, ".-", label=f"I = {I[k]:.1f}")
right.set(xlabel="time (ms)", ylabel="1 / interval (Hz)")
right.legend(frameon=False)
plt.tight_layout()
plt.show()
