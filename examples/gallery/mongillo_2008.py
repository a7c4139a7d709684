"""A memory kept in synapses while cells are silent

G. Mongillo, O. Barak and M. Tsodyks, "Synaptic theory of working memory", Science 319:1543-1546
(2008); the rate model of the supplement, for one population.

Below, a cue makes the population fire for a moment and leaves its synapses facilitated. Seconds
later, an unspecific input wakes only the population that was cued.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau, tau_f, tau_d, U, J, I_b = 8 * ms, 1.5 * second, 0.3 * second, 0.3, 4.0, 8.0
equations = """
dh/dt = (J*u*x*R/Hz + I_b + cue*20*int(t > 0.5*second)*int(t < 0.75*second)
         + 9.0*int(t > 1.8*second)*int(t < 1.95*second) - J_I*mean/Hz - h)/tau : 1
R = alpha*log(1 + exp(h/alpha))*Hz        : Hz
du/dt = (U - u)/tau_f + U*(1 - u)*R       : 1
dx/dt = (1 - x)/tau_d - u*x*R             : 1
cue  : 1 (constant)
mean : Hz
"""
alpha, J_I = 1.5, 1.1
populations = NeuronGroup(5, equations, method="rk4")
populations.u, populations.x, populations.cue = U, 1, [0, 1, 0, 0, 0]
inhibition = Synapses(populations, populations, "mean_post = R_pre : Hz (summed)")
inhibition.connect()
trace = StateMonitor(populations, ["R", "u", "x"], record=True, dt=1 * ms)
run(3 * second)

t = np.asarray(trace.t / ms)
read_out = np.asarray(trace.R[:, (t > 1800) & (t < 2100)] / Hz).max(axis=1)
delay = float(np.mean(trace.R[1, (t > 1400) & (t < 1800)] / Hz))
print(
    f"in the delay {delay:.1f} Hz; at read-out {read_out[1]:.0f} Hz of the cued, at most", end=" "
)
print(f"{np.delete(read_out, 1).max():.0f} Hz of the others")

_, axes = plt.subplots(3, 1, sharex=True, figsize=(8, 6))
for k in range(5):
    color, width = ("C3", 1.5) if k == 1 else ("0.6", 0.8)
    axes[0].plot(t, trace.R[k] / Hz, color=color, lw=width)
    axes[1].plot(t, trace.u[k], color=color, lw=width)
    axes[2].plot(t, trace.x[k], color=color, lw=width)
axes[0].set(ylabel="rate (Hz)")
axes[1].set(ylabel="facilitation u")
axes[2].set(ylabel="resources x", xlabel="time (ms)")
plt.tight_layout()
plt.show()
