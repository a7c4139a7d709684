"""The action potential of the squid's giant axon

A. L. Hodgkin and A. F. Huxley, "A quantitative description of membrane current and its application
to conduction and excitation in nerve", J. Physiol. 117:500-544 (1952), eqs. 26 and 12-25.

Below, three gates open and close with the voltage. Sodium rushes in when m opens, and is shut off
by h while n lets potassium out. A brief shock makes one spike; a strong steady current, a train.
Voltages are measured from rest, as in modern books (the paper has the opposite sign).
"""

import matplotlib.pyplot as plt

from rheobase import *

C = 1 * uF / cm**2
g_Na, g_K, g_l = 120 * msiemens / cm**2, 36 * msiemens / cm**2, 0.3 * msiemens / cm**2
E_Na, E_K, E_l = 115 * mV, -12 * mV, 10.6 * mV
equations = """
dv/dt = (I(t) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_l*(v - E_l))/C  : volt
dm/dt = (1/exprel((25*mV - v)/(10*mV))*(1 - m) - 4*exp(-v/(18*mV))*m)/ms        : 1
dh/dt = (0.07*exp(-v/(20*mV))*(1 - h) - h/(exp((30*mV - v)/(10*mV)) + 1))/ms    : 1
dn/dt = (0.1/exprel((10*mV - v)/(10*mV))*(1 - n) - 0.125*exp(-v/(80*mV))*n)/ms  : 1
"""
# 7 uA/cm2 for 1 ms at 5 ms; 10 uA/cm2 from 40 ms on
shape = [0] * 5 + [7] + [0] * 34 + [10] * 60
I = TimedArray(shape * uA / cm**2, dt=1 * ms)
axon = NeuronGroup(
    1, equations, threshold="v > 50*mV", refractory="v > 50*mV", method="rk4", dt=0.02 * ms
)
axon.m, axon.h, axon.n = 0.0529, 0.596, 0.318  # at rest
trace = StateMonitor(axon, True, record=0)
spikes = SpikeMonitor(axon)
run(100 * ms)

peak = max(trace.v[0] / mV)
train = spikes.t[spikes.t > 40 * ms]
rate = 1 / (train[-1] - train[-2])
print(f"the first spike peaks {peak:.1f} mV above rest; the train has {rate / Hz:.1f} Hz")

_, (voltage, gates, current) = plt.subplots(3, 1, sharex=True, height_ratios=[3, 3, 1])
voltage.plot(trace.t / ms, trace.v[0] / mV, color="k")
voltage.set(ylabel="v - rest (mV)")
for name in "mhn":
    gates.plot(trace.t / ms, getattr(trace, name)[0], label=name)
gates.set(ylabel="gates", ylim=(0, 1.35))
gates.legend(frameon=False, ncols=3, loc="upper right")
current.step(range(100), shape, where="post", color="C3")
current.set(xlabel="time (ms)", ylabel="I (µA/cm²)")
plt.tight_layout()
plt.show()
