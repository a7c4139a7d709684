"""A firing rate for each current: a loop that builds anew each time."""

from brian2 import *

rates = []
currents = linspace(0, 3, 4)
for k, I in enumerate(currents):
    device.reinit()
    device.activate()
    set_device("cpp_standalone", build_on_run=False, directory=None)
    group = NeuronGroup(
        10, "dv/dt = (I - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact"
    )
    spikes = SpikeMonitor(group)
    run(1 * second)
    device.build(directory="output_%d" % k, compile=True, run=True, debug=False)
    rates.append(spikes.num_spikes / 10)

# the interval is tau log(I/(I - 1)), and a whole number of steps
interval = [round(float(10 * log(I / (I - 1))) / 0.1 + 0.5) * 1e-4 for I in currents[2:]]
assert rates[:2] == [0, 0]
assert allclose(rates[2:], [1 / T for T in interval], rtol=0.02), (rates, interval)

set_device("cpp_standalone", build_on_run=True)
device.reinit()
device.activate(build_on_run=True, directory="other")
start_scope()
decay = NeuronGroup(1, "dv/dt = -v/(10*ms) : 1", method="exact")
decay.v = 1
run(10 * ms, report="""
    std::cout << (int)(completed*100.) << "% completed" << std::endl;
    """)  # fmt: skip
assert allclose(decay.v[:], exp(-1))
assert allclose(array(decay.v), exp(-1))
