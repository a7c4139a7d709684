"""The impulse that runs along the squid's giant axon

A. L. Hodgkin and A. F. Huxley, "A quantitative description of membrane current and its application
to conduction and excitation in nerve", J. Physiol. 117:500-544 (1952), "Propagated action
potential".

The equations of the membrane, in each compartment of a cable of 476 um diameter at 18.5 degrees C,
with the resistance of axoplasm between them. A shock at one end makes an impulse, which runs to the
other without getting smaller. Hodgkin and Huxley, by hand, found 18.8 m/s; the axon had 21.2 m/s.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

phi = 3 ** ((18.5 - 6.3) / 10)  # how much faster gates are than at 6.3 degrees C
g_Na, g_K, g_l = 120 * msiemens / cm**2, 36 * msiemens / cm**2, 0.3 * msiemens / cm**2
E_Na, E_K, E_l = 115 * mV, -12 * mV, 10.6 * mV
equations = """
Im = g_l*(E_l - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) : amp/meter**2
I                                                                : amp (point current)
dm/dt = phi*(1/exprel((25*mV - v)/(10*mV))*(1 - m) - 4*exp(-v/(18*mV))*m)/ms        : 1
dh/dt = phi*(0.07*exp(-v/(20*mV))*(1 - h) - h/(exp((30*mV - v)/(10*mV)) + 1))/ms    : 1
dn/dt = phi*(0.1/exprel((10*mV - v)/(10*mV))*(1 - n) - 0.125*exp(-v/(80*mV))*n)/ms  : 1
"""
axon = SpatialNeuron(
    Cylinder(diameter=476 * um, length=10 * cm, n=400), equations, Cm=1 * uF / cm**2,
    Ri=35.4 * ohm * cm, method="exponential_euler", dt=0.002 * ms,
    threshold="v > 50*mV", refractory="v > 50*mV",
)  # fmt: skip
axon.m, axon.h, axon.n = 0.0529, 0.596, 0.318  # at rest
spikes = SpikeMonitor(axon)
places = [40, 160, 280]
trace = StateMonitor(axon, "v", record=places)
axon.I[0] = 50 * uA
run(0.2 * ms)
axon.I[0] = 0 * amp
run(6 * ms)

when = np.array([spikes.t[spikes.i == k][0] for k in places])
where = np.asarray(axon.distance[places])
speed = (where[2] - where[1]) / (when[2] - when[1])
peak = max(trace.v[2] / mV)
print(f"the impulse runs at {speed:.1f} m/s and peaks {peak:.0f} mV above rest")

_, (above, below) = plt.subplots(2, 1, sharex=True)
for k, v in zip(where, trace.v):
    above.plot(trace.t / ms, v / mV, label=f"{k * 100:.0f} cm")
above.set(ylabel="v - rest (mV)")
above.legend(frameon=False, title="from the shock")
below.plot(spikes.t / ms, axon.distance[spikes.i] / cm, ".", color="k", markersize=2)
below.set(xlabel="time (ms)", ylabel="distance (cm)")
plt.tight_layout()
plt.show()
