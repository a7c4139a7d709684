"""The smallest script: one cell, its spikes in 100 ms."""

from rheobase import *

cell = NeuronGroup(1, "dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0")
spikes = SpikeMonitor(cell)
run(100 * ms)
print(spikes.num_spikes)
