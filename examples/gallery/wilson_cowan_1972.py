"""Excitation and inhibition of two populations: thresholds, memory and rhythms

H. R. Wilson and J. D. Cowan, "Excitatory and inhibitory interactions in localized populations of
model neurons", Biophys. J. 12:1-24 (1972), eqs. 11-12 and fig. 11 (limit cycle).

Below, left: with enough drive, the activities of the two go round. Right: the frequency of the
rhythm against the drive; there is none outside of a window.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

c1, c2, c3, c4 = 16.0, 12.0, 15.0, 3.0
a_e, theta_e, a_i, theta_i, tau = 1.3, 4.0, 2.0, 3.7, 10 * ms
equations = """
dE/dt = (-E + (1 - E)*(1/(1 + exp(-a_e*(x - theta_e))) - 1/(1 + exp(a_e*theta_e))))/tau : 1
dI/dt = (-I + (1 - I)*(1/(1 + exp(-a_i*(y - theta_i))) - 1/(1 + exp(a_i*theta_i))))/tau : 1
x = c1*E - c2*I + P : 1
y = c3*E - c4*I     : 1
P : 1 (constant)
"""
populations = NeuronGroup(121, equations, method="rk4")
populations.P = "3.0*i/(N - 1)"
populations.E = 0.1
trace = StateMonitor(populations, ["E", "I"], record=True, dt=0.5 * ms)
run(2 * second)

late = np.asarray(trace.E[:, 2000:])
swing = np.ptp(late, axis=1)
oscillates = swing > 0.05
spectrum = np.abs(np.fft.rfft(late - late.mean(axis=1, keepdims=True), axis=1))
frequency = np.where(oscillates, np.fft.rfftfreq(2000, 0.5e-3)[spectrum.argmax(axis=1)], np.nan)
P = np.asarray(populations.P[:])
window = low, high = P[oscillates].min(), P[oscillates].max()
print(f"rhythm for drives from {low:.2f} to {high:.2f}, up to {np.nanmax(frequency):.0f} Hz")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
for drive in (0.5, 1.25, 2.5):
    k = int(np.argmin(abs(P - drive)))
    left.plot(trace.E[k], trace.I[k], lw=1, label=f"P = {P[k]:.2f}")
left.set(xlabel="excitatory activity E", ylabel="inhibitory activity I")
left.legend(frameon=False)
right.plot(P, frequency, "k.")
right.set(xlabel="drive P", ylabel="frequency (Hz)", xlim=(0, 3))
plt.tight_layout()
plt.show()
