"""Two pools of cells collect evidence until one wins

K.-F. Wong and X.-J. Wang, "A recurrent network mechanism of time integration in perceptual
decisions", J. Neurosci. 26:1314-1328 (2006), the reduced model (appendix).

Below, left: activities of the two pools in ten trials with weak evidence. Right: the more evidence,
the more often, and the faster, the right pool wins.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(10)
coherences, trials = np.array([0, 3.2, 6.4, 12.8, 25.6, 51.2]), 200
equations = """
H1 = (270*x1 - 108)/(1 - exp(-0.154*(270*x1 - 108)))*Hz      : Hz
H2 = (270*x2 - 108)/(1 - exp(-0.154*(270*x2 - 108)))*Hz      : Hz
x1 = 0.2609*S1 - 0.0497*S2 + 0.3255 + on*0.00052*30*(1 + c/100) + n1 : 1
x2 = 0.2609*S2 - 0.0497*S1 + 0.3255 + on*0.00052*30*(1 - c/100) + n2 : 1
dS1/dt = -S1/(100*ms) + (1 - S1)*0.641*H1                    : 1
dS2/dt = -S2/(100*ms) + (1 - S2)*0.641*H2                    : 1
dn1/dt = -n1/(2*ms) + 0.02/sqrt(2*ms)*xi_1                   : 1
dn2/dt = -n2/(2*ms) + 0.02/sqrt(2*ms)*xi_2                   : 1
on = int(t > 200*ms)                                         : 1
decided : second
choice  : 1
c       : 1 (constant)
"""
pools = NeuronGroup(6 * trials, equations, method="euler", dt=0.5 * ms)
pools.c = np.repeat(coherences, trials)
pools.S1 = pools.S2 = 0.05
pools.run_regularly(
    """winner = 1*int(H1 > 15*Hz) - 1*int(H2 > 15*Hz)
    decided = t if (choice == 0 and winner != 0) else decided
    choice = winner if choice == 0 else choice""",
    dt=5 * ms,
)
trace = StateMonitor(pools, ["H1", "H2"], record=range(trials, trials + 10), dt=5 * ms)
run(2 * second)

choice, decided = (
    np.asarray(pools.choice[:]).reshape(6, -1),
    np.asarray(pools.decided[:]).reshape(6, -1),
)
correct = np.array([np.mean(row[row != 0] > 0) for row in choice])
time = np.array([np.mean(t[c != 0]) - 0.2 for t, c in zip(decided, choice, strict=True)]) * 1e3
for c, p, t in zip(coherences, correct, time, strict=True):
    print(f"coherence {c:4.1f} %: {p:.0%} correct, {t:.0f} ms")

_, axes = plt.subplots(1, 3, figsize=(12, 4))
axes[0].plot(trace.t / ms, trace.H1.T / Hz, color="C0", lw=0.6)
axes[0].plot(trace.t / ms, trace.H2.T / Hz, color="C1", lw=0.6)
axes[0].set(xlabel="time (ms)", ylabel="rate of a pool (Hz)", ylim=(0, 40))
axes[1].plot(coherences, correct, "o-k")
axes[1].set(xlabel="coherence (%)", ylabel="correct choices")
axes[2].plot(coherences, time, "o-k")
axes[2].set(xlabel="coherence (%)", ylabel="decision time (ms)")
plt.tight_layout()
plt.show()
