"""The same calcium makes a synapse stronger or weaker

M. Graupner and N. Brunel, "Calcium-based plasticity model explains sensitivity of synaptic changes
to spike pattern, rate, and dendritic location", Proc. Natl. Acad. Sci. USA 109:3991-3996 (2012),
eqs. 1-2 and fig. 2 ("DP", without the double well).

Below, sixty pairs of spikes at each distance. Calcium above one threshold depresses, above a higher
one potentiates; how long it spends above each makes the curve of spike timing.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau_Ca, tau_rho, C_pre, C_post = 20 * ms, 150 * second, 1.0, 2.0
theta_d, theta_p, gamma_d, gamma_p, delay_pre = 1.0, 1.3, 200.0, 321.808, 13.7 * ms
lags = np.arange(-100, 101, 4)
before = NeuronGroup(len(lags), "next : second", threshold="t >= next", reset="next += 1*second")
after = NeuronGroup(len(lags), "next : second", threshold="t >= next", reset="next += 1*second")
before.next = 0.2 * second
after.next = (0.2 + lags * 1e-3) * second
synapses = Synapses(
    before,
    after,
    """dca/dt = -ca/tau_Ca : 1 (clock-driven)
    drho/dt = (gamma_p*(1 - rho)*int(ca > theta_p) - gamma_d*rho*int(ca > theta_d))/tau_rho
              : 1 (clock-driven)""",
    on_pre={"arrives": "ca += C_pre"},
    on_post="ca += C_post",
    delay={"arrives": delay_pre},
    method="euler",
)
synapses.connect("i == j")
synapses.rho = 0.5
calcium = StateMonitor(synapses, "ca", record=[20, 30])
short = Network(before, after, synapses, calcium)
short.run(1 * second)
short.remove(calcium)
short.run(59 * second)

change = np.asarray(synapses.rho[:]) / 0.5
strongest, weakest = lags[np.argmax(change)], lags[np.argmin(change)]
print(f"strongest at {strongest} ms ({change.max():.2f} x), weakest at {weakest} ms", end=" ")
print(f"({change.min():.2f} x)")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
for trace, k in zip(calcium.ca, (20, 30), strict=True):
    left.plot(calcium.t / ms, trace, label=f"after - before = {lags[k]} ms")
left.axhline(theta_d, color="0.5", ls=":")
left.axhline(theta_p, color="0.5", ls="--")
left.set(xlim=(150, 350), xlabel="time (ms)", ylabel="calcium")
left.legend(frameon=False)
right.plot(lags, change, "o-k", ms=4)
right.axhline(1, color="0.7")
right.set(xlabel="after - before (ms)", ylabel="strength / first strength")
plt.tight_layout()
plt.show()
