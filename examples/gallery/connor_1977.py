"""A potassium current that lets cells fire slowly

J. A. Connor, D. Walter and R. McKown, "Neural repetitive firing: modifications of the Hodgkin-
Huxley axon suggested by experimental results from crustacean axons", Biophys. J. 18:81-102 (1977);
constants as in P. Dayan and L. F. Abbott, "Theoretical Neuroscience" (2001), eqs. 5.24-5.26 and
appendix 6.

Below, rates against the current with and without the transient A current. With it firing begins at
arbitrarily low rates; without it there is a jump.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

C, g_L, g_Na, g_K = 1 * uF / cm**2, 0.3 * mS / cm**2, 120 * mS / cm**2, 20 * mS / cm**2
E_L, E_Na, E_K, E_A = -17 * mV, 55 * mV, -72 * mV, -75 * mV
equations = """
dv/dt = (I - g_L*(v - E_L) - g_Na*m**3*h*(v - E_Na)
         - g_K*n**4*(v - E_K) - g_A*a**3*b*(v - E_A))/C : volt
dm/dt = (3.8/exprel(-(v + 29.7*mV)/(10*mV))*(1 - m) - 15.2*exp(-0.0556*(v + 54.7*mV)/mV)*m)/ms : 1
dh/dt = (0.266*exp(-0.05*(v + 48*mV)/mV)*(1 - h) - 3.8/(1 + exp(-0.1*(v + 18*mV)/mV))*h)/ms   : 1
dn/dt = (0.2/exprel(-(v + 45.7*mV)/(10*mV))*(1 - n) - 0.25*exp(-0.0125*(v + 55.7*mV)/mV)*n)/ms : 1
da/dt = (a_inf - a)/tau_a : 1
db/dt = (b_inf - b)/tau_b : 1
a_inf = (0.0761*exp(0.0314*(v + 94.22*mV)/mV)/(1 + exp(0.0346*(v + 1.17*mV)/mV)))**(1/3.0) : 1
tau_a = 0.3632*ms + 1.158*ms/(1 + exp(0.0497*(v + 55.96*mV)/mV)) : second
b_inf = (1/(1 + exp(0.0688*(v + 53.3*mV)/mV)))**4 : 1
tau_b = 1.24*ms + 2.678*ms/(1 + exp(0.0624*(v + 50*mV)/mV)) : second
I   : amp/meter**2
g_A : siemens/meter**2 (constant)
"""
currents = np.linspace(0, 20, 81)
cells = NeuronGroup(
    162, equations, threshold="v > -20*mV", refractory="v > -20*mV", method="rk4", dt=0.02 * ms
)
cells.v, cells.m, cells.h, cells.n, cells.a, cells.b = -68 * mV, 0.01, 0.97, 0.16, 0.54, 0.29
cells.g_A[:81] = 47.7 * mS / cm**2
trace = StateMonitor(cells, "v", record=[34, 81 + 50], dt=0.1 * ms)
run(200 * ms)  # settle at rest
cells.I = np.tile(currents, 2) * uA / cm**2
run(300 * ms)
counter = SpikeMonitor(cells, record=False)
net_spikes = SpikeMonitor(cells)
run(1 * second)

rates = np.asarray(counter.count[:]).reshape(2, 81)
slowest = [int(min(r[r > 1])) for r in rates]
print(f"the slowest cell fires at {slowest[0]} Hz with the A current, at {slowest[1]} Hz without")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
for rate, label in zip(rates, ("with A current", "without"), strict=True):
    left.plot(currents, rate, ".-", label=label)
left.set(xlabel="current (µA/cm²)", ylabel="rate (Hz)")
left.legend(frameon=False)
right.plot(trace.t / ms, trace.v.T / mV, lw=0.8)
right.set(xlim=(180, 400), xlabel="time (ms)", ylabel="v (mV)")
plt.tight_layout()
plt.show()
