"""Synapses that tire, and synapses that warm up

M. Tsodyks, K. Pawelzik and H. Markram, "Neural networks with dynamic synapses", Neural Comput.
10:821-835 (1998), eqs. 2.1-2.6 and fig. 1.

Below, a regular train at 20 Hz through a depressing and a facilitating synapse, and the steady
responses against the rate: beyond a limiting frequency a depressing synapse passes on 1/rate.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau, tau_syn = 40 * ms, 3 * ms
kinds = {"depressing": (0.5, 800, 0.001, 250), "facilitating": (0.03, 130, 530, 1540)}
model = """
dx/dt = (1 - x)/tau_rec  : 1 (clock-driven)
du/dt = (U - u)/tau_fac  : 1 (clock-driven)
U       : 1 (constant)
tau_rec : second (constant)
tau_fac : second (constant)
A       : volt (constant)
used    : 1
"""
on_pre = """
u += U*(1 - u)
used = u*x
x -= used
g_post += A*used
"""
rates = np.concatenate([[20], np.linspace(2, 80, 40)])
source = NeuronGroup(
    41,
    "dphase/dt = rate : 1\nrate : hertz (constant)",
    threshold="phase >= 1",
    reset="phase -= 1",
    method="exact",
)
source.rate = rates * Hz
target = NeuronGroup(82, "dv/dt = (g - v)/tau : volt\ndg/dt = -g/tau_syn : volt", method="exact")
synapses = Synapses(source, target, model, on_pre=on_pre, method="exact")
synapses.connect("j//2 == i")
for parity, (U, rec, fac, A) in enumerate(kinds.values()):
    chosen = np.flatnonzero(synapses.j[:] % 2 == parity)
    synapses.U[chosen], synapses.u[chosen] = U, U
    synapses.tau_rec[chosen], synapses.tau_fac[chosen] = rec * ms, fac * ms
    synapses.A[chosen] = A * 0.1 * mV
synapses.x = 1
trace = StateMonitor(target, "v", record=[0, 1])
run(3 * second)

steady = {
    kind: np.asarray(synapses.used[np.flatnonzero(synapses.j[:] % 2 == parity)])
    for parity, kind in enumerate(kinds)
}
product = steady["depressing"][1:] * rates[1:]
print(
    f"depressing: efficacy x rate changes by {product[-1] / product[19] - 1:.1%} from 40 to 80 Hz"
)
best = rates[1:][np.argmax(steady["facilitating"][1:])]
print(f"facilitating: the best rate is {best:.0f} Hz")

_, axes = plt.subplots(2, 2, figsize=(10, 5))
for parity, kind in enumerate(kinds):
    axes[parity, 0].plot(trace.t / ms, trace.v[parity] / mV, color=f"C{parity}")
    axes[parity, 0].set(xlim=(0, 1000), ylabel="v (mV)", title=f"{kind}, 20 Hz")
    axes[parity, 1].plot(rates[1:], steady[kind][1:], color=f"C{parity}")
    axes[parity, 1].set(ylabel="efficacy u x", title=f"{kind}, steady")
axes[1, 0].set(xlabel="time (ms)")
axes[1, 1].set(xlabel="rate (Hz)")
plt.tight_layout()
plt.show()
