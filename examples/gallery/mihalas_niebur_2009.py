"""Many kinds of spiking from linear equations and clever resets

S. Mihalas and E. Niebur, "A generalized linear integrate-and-fire neural model produces diverse
spiking behaviors", Neural Comput. 21:704-718 (2009), eqs. 2.1-2.3, table 1 and fig. 1.

Below, a voltage, a threshold that moves, and two currents that spikes start. All equations are
linear, so that they are solved exactly; the diversity is in the constants.
"""

import matplotlib.pyplot as plt

from rheobase import *

# a (1/s), A1, A2 (V/s), current I/C (V/s)
kinds = {
    "tonic spiking": (0, 0, 0, 1.5),
    "spike frequency adaptation": (5, 0, 0, 2),
    "phasic spiking": (5, 0, 0, 1.5),
    "hyperpolarising burst": (30, 10, -0.6, -1),
    "tonic bursting": (5, 10, -0.6, 2),
    "rebound spike": (5, 0, 0, -3.8),
}
G, b, k1, k2 = 50 / second, 10 / second, 200 / second, 20 / second
E_L, theta_inf, V_r, theta_r = -70 * mV, -50 * mV, -70 * mV, -60 * mV
equations = """
dI1/dt = -k1*I1                                         : volt/second
dI2/dt = -k2*I2                                         : volt/second
dV/dt = input + I1 + I2 - G*(V - E_L)                   : volt
dTheta/dt = a*(V - E_L) - b*(Theta - theta_inf)         : volt
input                                                   : volt/second
strength                                                : volt/second (constant)
a                                                       : hertz (constant)
A1                                                      : volt/second (constant)
A2                                                      : volt/second (constant)
"""
reset = "I1 = A1; I2 += A2; V = V_r; Theta = clip(Theta/volt, theta_r/volt, 1)*volt"
cells = NeuronGroup(len(kinds), equations, threshold="V > Theta", reset=reset, method="exact")
cells.run_regularly("input = strength*int(t >= 50*ms)*int(t < 450*ms)", dt=1 * ms)
for k, (slope, kick_1, kick_2, step) in enumerate(kinds.values()):
    cells.a[k], cells.A1[k], cells.A2[k] = (
        slope / second,
        kick_1 * volt / second,
        kick_2 * volt / second,
    )
    cells.strength[k] = step * volt / second
cells.V, cells.Theta = E_L, theta_inf
trace = StateMonitor(cells, ["V", "Theta"], record=True)
spikes = SpikeMonitor(cells)
run(600 * ms)

counts = dict(zip(kinds, spikes.count[:], strict=True))
times = dict(zip(kinds, spikes.spike_trains().values(), strict=True))
for kind, count in counts.items():
    print(f"{kind:28}{count:3} spikes")

_, axes = plt.subplots(3, 2, figsize=(10, 7), sharex=True, sharey=True)
for axis, kind, V, Theta in zip(axes.flat, kinds, trace.V, trace.Theta, strict=True):
    axis.plot(trace.t / ms, V / mV, color="k", lw=0.8)
    axis.plot(trace.t / ms, Theta / mV, color="C3", lw=0.8)
    axis.plot(times[kind] / ms, [-25] * len(times[kind]), "|k", ms=6)
    axis.set_title(kind, fontsize=10)
    axis.set_ylim(-130, -20)
for axis in axes[-1]:
    axis.set(xlabel="time (ms)")
for axis in axes[:, 0]:
    axis.set(ylabel="V, threshold (mV)")
plt.tight_layout()
plt.show()
