# pyright: basic
"""A Brian 2 script after its import line was changed: a star import brings pylab, too."""

from typing import assert_type

from rheobase.brian2 import *

start_scope()
defaultclock.dt = 0.1 * ms
G = NeuronGroup(3, "dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0", method=euler)
G.v = rand(3)
M = StateMonitor(G, "v", record=True)
S = SpikeMonitor(G)
run(20 * ms)

figure(figsize=(6, 3))
subplot(121)
plot(M.t / ms, M.v.T)
xlabel("Time (ms)")
subplot(122)
plot(S.t / ms, S.i, ".k")
ylabel("Neuron")
close("all")
print(mean(M.v), np.mean(M.v), arange(3), linspace(0 * mV, 1 * mV, 3), zeros(3) * mV, exp(-G.v[:]))
assert_type(2 * ms, Quantity)
assert_type(M, StateMonitor)
