"""Random couplings, strong enough, make chaos

H. Sompolinsky, A. Crisanti and H. J. Sommers, "Chaos in random neural networks", Phys. Rev. Lett.
61:259-262 (1988), eqs. 1-2.

Below, rates of a network with random couplings of gain g. Below g = 1 all activity dies; above, it
goes on irregularly, and two copies that differ by one part in a million drift apart.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

n, tau = 400, 10 * ms
rng = np.random.default_rng(1)
J = rng.standard_normal((n, n)) / np.sqrt(n)
start = rng.standard_normal(n)
results, activity, growth = {}, {}, {}
for g in (0.8, 2.0):
    rates = NeuronGroup(
        2 * n, "dh/dt = (-h + field)/tau : 1\nfield : 1", method="exact", dt=0.5 * ms
    )
    couplings = Synapses(rates, rates, "w : 1 (constant)\nfield_post = w*tanh(h_pre) : 1 (summed)")
    couplings.connect("i//n == j//n")
    pre, post = couplings.i[:] % n, couplings.j[:] % n
    couplings.w = g * J[pre, post]
    rates.h = np.concatenate([start, start * (1 + 1e-6)])
    trace = StateMonitor(rates, "h", record=True, dt=2 * ms)
    Network(rates, couplings, trace).run(1 * second)
    h = np.asarray(trace.h)
    results[g] = trace.t / ms, h
    activity[g] = h[:n, -100:].std()
    growth[g] = np.linalg.norm(h[:n] - h[n:], axis=0)
    factor = growth[g][-1] / growth[g][0]
    print(f"g = {g}: activity {activity[g]:.3f}, distance of copies x {factor:.1e}")

_, axes = plt.subplots(1, 3, figsize=(12, 4))
for axis, (g, (t, h)) in zip(axes, results.items(), strict=False):
    axis.plot(t, h[:6].T, lw=0.8)
    axis.set(xlabel="time (ms)", ylabel="h", title=f"g = {g}", ylim=(-4, 4))
for g, distance in growth.items():
    axes[2].semilogy(results[g][0], distance, label=f"g = {g}")
axes[2].set(xlabel="time (ms)", ylabel="distance of two copies", ylim=(1e-12, 1e3))
axes[2].legend(frameon=False)
plt.tight_layout()
plt.show()
