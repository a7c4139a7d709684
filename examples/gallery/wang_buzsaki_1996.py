"""A network of interneurons makes a gamma rhythm

X.-J. Wang and G. Buzsaki, "Gamma oscillation by synaptic inhibition in a hippocampal interneuronal
network model", J. Neurosci. 16:6402-6413 (1996), eqs. 2.1-3.2 and fig. 2.

Below, a hundred cells that inhibit each other all to all start at random, and within 200 ms fire
together, some forty times in a second.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

C = 1 * uF / cm**2
g_Na, g_K, g_L, g_syn = 35 * mS / cm**2, 9 * mS / cm**2, 0.1 * mS / cm**2, 0.1 * mS / cm**2
E_Na, E_K, E_L, E_syn = 55 * mV, -90 * mV, -65 * mV, -75 * mV
equations = """
dv/dt = (I - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_L*(v - E_L)
         - g_syn*S*(v - E_syn))/C                                                   : volt
m = 1/(1 + 4*exp(-(v + 60*mV)/(18*mV))*exprel(-(v + 35*mV)/(10*mV)))                : 1
dh/dt = 5*(0.07*exp(-(v + 58*mV)/(20*mV))*(1 - h) - h/(1 + exp(-(v + 28*mV)/(10*mV))))/ms   : 1
dn/dt = 5*(0.1/exprel(-(v + 34*mV)/(10*mV))*(1 - n) - 0.125*exp(-(v + 44*mV)/(80*mV))*n)/ms : 1
ds/dt = 12/(1 + exp(-v/(2*mV)))*(1 - s)/ms - 0.1*s/ms                               : 1
S                                                                                   : 1
I                                                                                   : amp/meter**2
"""
seed(2)
cells = NeuronGroup(
    100, equations, threshold="v > -20*mV", refractory="v > -20*mV", method="rk4", dt=0.04 * ms
)
cells.v = "-70*mV + 20*mV*rand()"
cells.h, cells.n = 0.78, 0.09
cells.I = "(1 + 0.01*randn())*uA/cm**2"
inhibition = Synapses(cells, cells, "S_post = s_pre/N_pre : 1 (summed)")
inhibition.connect()
trace = StateMonitor(cells, "v", record=[0, 1])
spikes = SpikeMonitor(cells)
run(500 * ms)

late = spikes.t[spikes.t > 400 * ms] / ms
phases = np.histogram(late, bins=np.arange(400, 500.5, 0.5))[0]
together = np.sort(phases)[-len(late) // 20 :].sum() / len(late)
rate = np.mean([1 / np.diff(train)[-1] for train in spikes.spike_trains().values()])
print(f"each cell fires at {rate:.1f} Hz; {together:.0%} of late spikes lie in the fullest bins")

_, (raster, voltage) = plt.subplots(2, 1, sharex=True, figsize=(8, 6))
raster.plot(spikes.t / ms, spikes.i, ".k", ms=2)
raster.set(ylabel="cell")
voltage.plot(trace.t / ms, trace.v.T / mV, lw=0.8)
voltage.set(xlabel="time (ms)", ylabel="v (mV)")
plt.tight_layout()
plt.show()
