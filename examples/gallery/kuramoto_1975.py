"""Oscillators of different speeds agree when they are coupled strongly enough

Y. Kuramoto, "Self-entrainment of a population of coupled non-linear oscillators", Lect. Notes Phys.
39:420-422 (1975). With frequencies from a Lorentzian of half width gamma, the coupling must exceed
2 gamma, and the order is then r = sqrt(1 - 2 gamma/K).

Below, dots are 2000 oscillators for each coupling, the line that law.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

n, gamma = 2000, 0.5 / second
strengths = np.linspace(0, 4, 9)
ranks = (np.arange(n) + 0.5) / n
order, course = [], {}
oscillators = NeuronGroup(
    n,
    """dtheta/dt = omega + K*(Y*cos(theta) - X*sin(theta)) : 1
    omega : hertz (constant)
    X : 1 (shared)
    Y : 1 (shared)
    K : hertz (shared)""",
    method="rk4",
    dt=20 * ms,
)


@network_operation(dt=20 * ms)
def mean_field():
    theta = np.asarray(oscillators.theta[:])
    oscillators.X, oscillators.Y = np.cos(theta).mean(), np.sin(theta).mean()


recorded = StateMonitor(oscillators, ["X", "Y"], record=[0], dt=20 * ms)
net = Network(oscillators, mean_field, recorded)
oscillators.omega = np.tan(np.pi * (np.random.default_rng(3).permutation(ranks) - 0.5)) * gamma
oscillators.theta = 2 * np.pi * np.random.default_rng(1).random(n)
net.store()
for strength in strengths:
    net.restore()
    oscillators.K = strength * Hz
    net.run(30 * second)
    r = np.hypot(recorded.X, recorded.Y).ravel()
    order.append(r[len(r) // 2 :].mean())
    course[strength] = r

expected = np.sqrt(np.maximum(0, 1 - 2 * 0.5 / np.maximum(strengths, 1e-9)))
for K in (0.5, 2.0, 4.0):
    k = int(np.argmin(abs(strengths - K)))
    print(f"K = {K:.1f} /s: order {order[k]:.3f} (law: {expected[k]:.3f})")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
fine = np.linspace(1, 4, 200)
left.plot(np.r_[0, fine], np.r_[0, np.sqrt(1 - 1 / fine)], color="C1")
left.plot(strengths, order, "ok", ms=4)
left.set(xlabel="coupling K (1/s)", ylabel="order r")
for K in (0.5, 1.5, 4.0):
    right.plot(np.arange(len(course[K])) * 0.02, course[K], label=f"K = {K:.1f}/s")
right.set(xlabel="time (s)", ylabel="order r")
right.legend(frameon=False)
plt.tight_layout()
plt.show()
