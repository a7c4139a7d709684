"""A muscle fibre with two currents starts to fire at any small rate, or suddenly

C. Morris and H. Lecar, "Voltage oscillations in the barnacle giant muscle fiber", Biophys. J.
35:193-213 (1981); the two sets of constants are those of J. Rinzel and G. B. Ermentrout, "Analysis
of neural excitability and oscillations" (1989), table 7.1.

Below, two hundred cells with a current each. With one set of constants, firing starts at about
zero rate (a saddle-node on a circle); with the other it starts at a rate far from zero (Hopf).
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

C, g_K, g_L = 20 * uF / cm**2, 8 * mS / cm**2, 2 * mS / cm**2
E_Ca, E_K, E_L = 120 * mV, -84 * mV, -60 * mV
V1, V2 = -1.2 * mV, 18 * mV
equations = """
dv/dt = (I - calcium - g_K*w*(v - E_K) - g_L*(v - E_L))/C                  : volt
dw/dt = phi*((1 + tanh((v - V3)/V4))/2 - w)*cosh((v - V3)/(2*V4))/ms       : 1
calcium = g_Ca*(1 + tanh((v - V1)/V2))/2*(v - E_Ca)                        : amp/meter**2
I                                                                          : amp/meter**2
"""
constants = {
    "saddle-node": {"g_Ca": 4 * mS / cm**2, "phi": 1 / 15, "V3": 12 * mV, "V4": 17.4 * mV},
    "Hopf": {"g_Ca": 4.4 * mS / cm**2, "phi": 0.04, "V3": 2 * mV, "V4": 30 * mV},
}
currents = np.linspace(30, 130, 201)
rates, traces = {}, {}
for name, values in constants.items():
    cells = NeuronGroup(
        201, equations, threshold="v > 0*mV", refractory="v > 0*mV", method="rk4", namespace=values
    )
    cells.v, cells.w, cells.I = -40 * mV, 0.0, currents * uA / cm**2
    trace = StateMonitor(cells, "v", record=[130])
    settling = Network(cells, trace)
    settling.run(1 * second)  # long enough to forget the start
    counter = SpikeMonitor(cells, record=False)
    settling.add(counter)
    settling.run(4 * second)
    rates[name], traces[name] = counter.count / (4 * second), trace

onset = {name: min(r[r > 0.5 * Hz]) / Hz for name, r in rates.items()}
for name, rate in onset.items():
    print(f"{name}: the slowest cell fires at {rate:.1f} Hz")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
for name, rate in rates.items():
    left.plot(currents, rate / Hz, ".-", ms=4, label=name)
    shown = traces[name].t < 600 * ms
    right.plot(traces[name].t[shown] / ms, traces[name].v[0, shown] / mV, label=name)
left.set(xlabel="current (µA/cm²)", ylabel="rate (Hz)")
right.set(xlabel="time (ms)", ylabel="v (mV)", title=f"{currents[130]:.0f} µA/cm²")
left.legend(frameon=False)
plt.tight_layout()
plt.show()
