"""A packet of spikes goes through a chain, or dies

M. Diesmann, M.-O. Gewaltig and A. Aertsen, "Stable propagation of synchronous spiking in cortical
neural networks", Nature 402:529-533 (1999), figs. 2 and 4.

Below, ten groups of a hundred cells, each cell driven by all of the group before, in the noise of a
cortex. A packet of enough spikes becomes sharper and travels on; a weak one gets lost.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

tau_m, tau_psp, V_rest, V_thr = 10 * ms, 0.325 * ms, -70 * mV, -55 * mV
equations = """
dV/dt = (-(V - V_rest) + x)/tau_m                  : volt (unless refractory)
dx/dt = (-x + y)/tau_psp                           : volt
dy/dt = -y/tau_psp + 25.27*mV/ms + 39.24*mV/ms**0.5*xi : volt
"""
weight, group_size, groups = 4.86 * mV, 100, 10
rng = np.random.default_rng(1)


def chain(spikes_in):
    """The spikes of a chain whose first group receives a packet of spikes_in spikes."""
    seed(11)
    cells = NeuronGroup(
        groups * group_size,
        equations,
        threshold="V > V_thr",
        reset="V = V_rest",
        refractory=1 * ms,
        method="euler",
    )
    cells.V = "V_rest + rand()*(V_thr - V_rest)"
    packet = SpikeGeneratorGroup(
        spikes_in, range(spikes_in), (50 + rng.normal(0, 1, spikes_in)) * ms
    )
    first = Synapses(packet, cells, on_pre="y += weight")
    first.connect("j < group_size")
    onwards = Synapses(cells, cells, on_pre="y += weight", delay=5 * ms)
    onwards.connect("j//group_size == i//group_size + 1")
    spikes = SpikeMonitor(cells)
    net = Network(cells, packet, first, onwards, spikes)
    net.run(120 * ms)
    return spikes


def last_group(spikes):
    """Spikes of the last group in the 20 ms when the packet would be there."""
    arrived = (spikes.i >= (groups - 1) * group_size) & (spikes.t > 90 * ms)
    return int(np.sum(arrived))


strong, weak = chain(70), chain(40)
survived, died = last_group(strong), last_group(weak)
print(f"spikes in the last group: {survived} after 70 at the start, {died} after 40")

_, axes = plt.subplots(1, 2, sharey=True, figsize=(10, 5))
for axis, spikes, text in ((axes[0], strong, "70 spikes"), (axes[1], weak, "40 spikes")):
    axis.plot(spikes.t / ms, spikes.i / group_size, ".k", ms=1.5)
    axis.set(title=text, xlabel="time (ms)", xlim=(20, 120), yticks=range(groups + 1))
    axis.grid(axis="y", color="0.9")
axes[0].set(ylabel="group")
plt.tight_layout()
plt.show()
