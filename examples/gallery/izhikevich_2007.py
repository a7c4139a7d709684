"""A reward that comes later reaches the right synapse

E. M. Izhikevich, "Solving the distal reward problem through linkage of STDP and dopamine
signaling", Cereb. Cortex 17:2443-2452 (2007), eqs. 1-3 and fig. 1.

Below, one of forty synapses is rewarded: whenever its target fires within 10 ms after its
source, dopamine comes up to a second later. The slow trace c remembers who was meant.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

seed(1)
tau_c, tau_d, tau_stdp = 1 * second, 200 * ms, 20 * ms
A_plus, A_minus = 1.0, 1.5
n = 40
before, after = PoissonGroup(n, 4 * Hz), PoissonGroup(n, 4 * Hz)
reward = NeuronGroup(1, "dd/dt = -d/tau_d : 1", method="exact")
synapses = Synapses(
    before,
    after,
    """ds/dt = c*d_reward/second : 1 (clock-driven)
    dc/dt = -c/tau_c : 1 (clock-driven)
    dapre/dt = -apre/tau_stdp : 1 (event-driven)
    dapost/dt = -apost/tau_stdp : 1 (event-driven)
    d_reward : 1 (linked)""",
    on_pre="apre += 1; c -= A_minus*apost",
    on_post="apost += 1; c += A_plus*apre",
    method="euler",
    dt=4 * ms,
)
synapses.connect("i == j")
synapses.d_reward = linked_var(reward, "d")
pending = []
spikes_before, spikes_after = SpikeMonitor(before[:1]), SpikeMonitor(after[:1])
rng = np.random.default_rng(4)
seen = [0]


@network_operation(dt=20 * ms)
def dopamine(t):
    now = float(t)
    if spikes_after.num_spikes > seen[0]:
        seen[0] = spikes_after.num_spikes
        lag = spikes_after.t_[-1] - spikes_before.t_[-1] if spikes_before.num_spikes else -1
        if 0 <= lag < 0.01:
            pending.append(now + rng.uniform(0.2, 1))
    while pending and pending[0] <= now:
        pending.pop(0)
        reward.d += 0.5


trace = StateMonitor(synapses, ["c", "s"], record=True, dt=1 * second)
run(900 * second)

strength = np.asarray(synapses.s[:])
rank = int(np.sum(strength > strength[0])) + 1
print(f"the rewarded synapse has strength {strength[0]:.2f}, rank {rank} of {n}")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.plot(trace.t / second, trace.s[1:].T, color="0.8", lw=0.5)
left.plot(trace.t / second, trace.s[0], color="C3", label="rewarded")
left.set(xlabel="time (s)", ylabel="strength")
left.legend(frameon=False)
right.hist(strength[1:], bins=30, color="0.6")
right.axvline(strength[0], color="C3")
right.set(xlabel="strength at the end", ylabel="synapses")
plt.tight_layout()
plt.show()
