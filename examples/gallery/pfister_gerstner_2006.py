"""Plasticity that counts triplets of spikes

J.-P. Pfister and W. Gerstner, "Triplets of spikes in a model of spike timing-dependent plasticity",
J. Neurosci. 26:9673-9682 (2006), eqs. 2-4, table 4 (visual cortex, minimal all-to-all) and fig. 4.

Below, sixty pairs at 10 ms distance, repeated at different rates. Rules for pairs cannot explain
that potentiation needs a high rate; triplets do. Dots are simulations, lines the sum for endless
trains.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau_plus, tau_minus, tau_y = 16.8 * ms, 33.7 * ms, 114 * ms
A2_minus, A3_plus = 7.1e-3, 6.5e-3
rates = np.array([0.1, 5, 10, 20, 30, 40, 50])
model = "period : second (constant)\nnext : second\nfired : 1"
rules = {"threshold": "t >= next and fired < 60", "reset": "next += period; fired += 1"}
results = {}
for lag in (10, -10):
    before, after = NeuronGroup(7, model, **rules), NeuronGroup(7, model, **rules)
    before.period = after.period = 1 / rates * second
    before.next = 20 * ms
    after.next = (20 + lag) * ms
    synapses = Synapses(
        before,
        after,
        """w : 1
        dr1/dt = -r1/tau_plus : 1 (event-driven)
        do1/dt = -o1/tau_minus : 1 (event-driven)
        do2/dt = -o2/tau_y : 1 (event-driven)""",
        on_pre="w -= A2_minus*o1; r1 += 1",
        on_post="w += A3_plus*r1*o2; o1 += 1; o2 += 1",
    )
    synapses.connect("i == j")
    synapses.w = 1
    net = Network(before, after, synapses)
    net.run(15 * second)  # the pairs at 0.1 Hz are followed by the formula only
    results[lag] = np.asarray(synapses.w[:])

for lag, w in results.items():
    print(f"lag {lag:3} ms: " + ", ".join(f"{x:.2f}" for x in w[1:]))


def theory(lag, rho):
    """The sum over triplets of the same train, for many pairs."""
    q = np.exp(-1 / rho / np.array([16.8e-3, 33.7e-3, 114e-3]))
    x = abs(lag) * 1e-3
    after_first = lag > 0
    r1 = np.exp(-(x if after_first else 1 / rho - x) / 16.8e-3) / (1 - q[0])
    o1 = np.exp(-(1 / rho - x if after_first else x) / 33.7e-3) / (1 - q[1])
    o2 = q[2] / (1 - q[2])
    return 1 + 60 * (A3_plus * r1 * o2 - A2_minus * o1)


_, axis = plt.subplots()
fine = np.linspace(2, 50, 200)
for k, (lag, w) in enumerate(results.items()):
    axis.plot(rates[1:], w[1:], "o", color=f"C{k}", label=f"after - before = {lag} ms")
    axis.plot(fine, [theory(lag, r) for r in fine], color=f"C{k}", lw=1)
axis.axhline(1, color="0.7")
axis.set(xlabel="rate of pairs (Hz)", ylabel="weight after 60 pairs")
axis.legend(frameon=False)
plt.show()
