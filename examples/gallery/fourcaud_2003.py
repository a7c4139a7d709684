"""How sharply spikes begin decides how fast a population can follow its input

N. Fourcaud-Trocme, D. Hansel, C. van Vreeswijk and N. Brunel, "How spike generation mechanisms
determine the neuronal response to fluctuating inputs", J. Neurosci. 23:11628-11640 (2003), eqs. 1-4
and fig. 8.

Below, cells with noise receive a current that oscillates. The exponential integrate-and-fire cell
passes on less and less, like 1/f at high frequencies; the leaky one, whose spikes begin at a fixed
line, falls more slowly.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(3)
tau, Delta, V_T, n = 10 * ms, 3.48 * mV, -59.9 * mV, 1500
frequencies = np.array([2, 10, 25, 50, 100, 200])
common = """
I = mu + depth*sin(2*pi*f*t) : volt
f : hertz (constant)
"""
models = {
    "exponential": (
        "dv/dt = (-65*mV - v + Delta*exp((v - V_T)/Delta) + I + sigma*sqrt(tau)*xi)/tau : volt",
        {"threshold": "v > -30*mV", "reset": "v = -68*mV"},
        {"mu": 7.0 * mV, "sigma": 8.5 * mV, "depth": 1.2 * mV},
    ),
    "leaky": (
        "dv/dt = (-65*mV - v + I + sigma*sqrt(tau)*xi)/tau : volt",
        {"threshold": "v > -56*mV", "reset": "v = -64*mV"},
        {"mu": 6.0 * mV, "sigma": 5.0 * mV, "depth": 1.2 * mV},
    ),
}
gains, means = {}, {}
for name, (equation, rules, values) in models.items():
    cells = NeuronGroup(
        6 * n,
        equation + common,
        refractory=1.7 * ms,
        method="euler",
        dt=0.05 * ms,
        namespace=values,
        **rules,
    )
    cells.v = -65 * mV
    cells.f = np.repeat(frequencies, n) * Hz
    spikes = SpikeMonitor(cells)
    Network(cells, spikes).run(1.1 * second)
    late = spikes.t_ > 0.1
    which, times = np.asarray(spikes.i)[late] // n, spikes.t_[late]
    means[name] = len(times) / (6 * n)
    gains[name] = np.array(
        [
            2 * abs(np.mean(np.exp(2j * np.pi * f * times[which == k])))
            for k, f in enumerate(frequencies)
        ]
    )
    print(f"{name}: {means[name]:.1f} Hz, modulated by", ", ".join(f"{g:.3f}" for g in gains[name]))

slope = {
    k: np.log(g[-1] / g[-3]) / np.log(frequencies[-1] / frequencies[-3]) for k, g in gains.items()
}
print("slopes at the end:", ", ".join(f"{k} {s:.2f}" for k, s in slope.items()))

_, axis = plt.subplots()
for name, gain in gains.items():
    axis.loglog(frequencies, gain / gain[0], "o-", label=name)
axis.loglog(frequencies[-3:], 50 / frequencies[-3:], "k:", label="1/f")
axis.set(xlabel="frequency of the input (Hz)", ylabel="modulation of the rate / that at 2 Hz")
axis.legend(frameon=False)
plt.show()
