"""Two cells that inhibit each other take turns

X.-J. Wang and J. Rinzel, "Alternating and synchronous rhythms in reciprocally inhibitory model
neurons", Neural Comput. 4:84-97 (1992), eqs. 2.1-2.4.

Below, inhibition wakes a current that needs low voltage (post-inhibitory rebound): when one cell
lets go, the other fires, and so on in alternation: half a walk, half a heartbeat of a leech.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

C, g_L, g_pir, g_syn = 1 * uF / cm**2, 0.1 * mS / cm**2, 0.3 * mS / cm**2, 0.3 * mS / cm**2
E_L, E_pir, E_syn, theta_syn, k_syn = -60 * mV, 120 * mV, -80 * mV, -44 * mV, 2 * mV
equations = """
dv/dt = -(g_pir*m**3*h*(v - E_pir) + g_L*(v - E_L) + g_syn*input*(v - E_syn))/C : volt
dh/dt = 3*(h_inf - h)/(h_inf*exp((v + 162.3*mV)/(17.8*mV))*ms)                  : 1
h_inf = 1/(1 + exp((v + 81*mV)/(11*mV)))                                        : 1
m = 1/(1 + exp(-(v + 65*mV)/(7.8*mV)))                                          : 1
s = 1/(1 + exp(-(v - theta_syn)/k_syn))                                         : 1
input                                                                           : 1
"""
cells = NeuronGroup(2, equations, method="rk4", dt=0.05 * ms)
cells.v, cells.h = [-70, -40] * mV, [0.2, 0.02]
inhibition = Synapses(cells, cells, "input_post = s_pre : 1 (summed)")
inhibition.connect("i != j")
trace = StateMonitor(cells, ["v", "h"], record=True)
run(1500 * ms)

late = trace.t > 500 * ms
a, b = np.asarray(trace.v[:, late])
correlation = np.corrcoef(a, b)[0, 1]
rises = np.flatnonzero((a[1:] > -0.045) & (a[:-1] <= -0.045))
period = np.diff(rises).mean() * 0.05 if len(rises) > 1 else np.nan
print(f"correlation of the two voltages {correlation:.2f}, period {period:.0f} ms")

_, (voltage, plane) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[2, 1])
voltage.plot(trace.t / ms, trace.v.T / mV)
voltage.set(xlabel="time (ms)", ylabel="v (mV)", xlim=(500, 1200))
plane.plot(trace.v[0, late] / mV, trace.h[0, late], color="k")
plane.set(xlabel="v (mV)", ylabel="h")
plt.tight_layout()
plt.show()
