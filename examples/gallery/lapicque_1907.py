"""How long and how strong a current must be, and how fast a cell then fires

L. Lapicque, "Recherches quantitatives sur l'excitation electrique des nerfs traitee comme une
polarisation", J. Physiol. Pathol. Gen. 9:620-635 (1907); in English in Biol. Cybern. 97:341-349
(2007). The rates of a leaky integrator with a reset: R. B. Stein, Biophys. J. 5:173-194 (1965).

Left, the weakest pulse of each length that makes a spike: the rheobase is the strength that an
endless pulse needs, and the chronaxie the length at twice that. Right, the rate of steady firing.
Dots are simulations; lines the closed forms.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau, R, theta = 20 * ms, 50 * Mohm, 15 * mV
equations = """
dv/dt = (R*I - v)/tau : volt (unless refractory)
I      : amp
length : second (constant)
"""
rules = {"threshold": "v > theta", "reset": "v = 0*mV", "refractory": 2 * ms, "method": "exact"}
rheobase_current = theta / R
durations = np.round(np.geomspace(1, 200, 24), 1) * ms
levels = np.linspace(0.9, 25, 2000)
cells = NeuronGroup(24 * 2000, equations, **rules)
cells.run_regularly("I *= int(t < length)")
cells.length = np.repeat(durations, 2000)
cells.I = np.tile(levels, 24) * rheobase_current
once = SpikeMonitor(cells, record=False)
Network(cells, once).run(200 * ms)
fired = np.asarray(once.count[:]).reshape(24, 2000) > 0
weakest = levels[np.argmax(fired, axis=1)]
exact = 1 / (1 - np.exp(-durations / tau))

steady = NeuronGroup(40, equations, **rules)
steady.length, steady.I = 1000 * second, np.linspace(0.5, 5, 40) * rheobase_current
counter = SpikeMonitor(steady, record=False)
Network(steady, counter).run(4 * second)
rates = counter.count / (4 * second)
with np.errstate(divide="ignore", invalid="ignore"):
    drive = np.asarray(steady.I / rheobase_current)
    period = 2 * ms + tau * np.log(drive / (drive - 1))
    expected = np.where(drive > 1, 1 / (period / second), 0)

print(f"largest difference of strengths {max(abs(weakest / exact - 1)):.1%}")
print(f"largest difference of rates {max(abs(rates / Hz - expected)):.2f} Hz")
print(f"rheobase {rheobase_current / nA:.2f} nA, chronaxie {tau / ms * np.log(2):.1f} ms")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.plot(durations / ms, exact, color="C1")
left.plot(durations / ms, weakest, "k.")
left.plot(tau / ms * np.log(2), 2, "o", mfc="none", ms=10, color="C3")
left.annotate("chronaxie", (tau / ms * np.log(2), 2), (25, 4), arrowprops={"arrowstyle": "->"})
left.set(
    xscale="log",
    yscale="log",
    xlabel="length of the pulse (ms)",
    ylabel="weakest current / rheobase",
)
right.plot(drive, expected, color="C1")
right.plot(drive, rates / Hz, "k.")
right.set(xlabel="current / rheobase", ylabel="rate (Hz)")
plt.tight_layout()
plt.show()
