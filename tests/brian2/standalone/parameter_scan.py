"""Built once, run for many values: run_args with variables and with a TimedArray."""

from brian2 import *
from brian2.devices.device import all_devices, get_device

set_device("cpp_standalone", build_on_run=False)
neurons = NeuronGroup(
    5,
    """dv/dt = (stim(t)*g - v)/tau : 1
    tau : second (constant)
    g : 1""",
    threshold="v > 0.9",
    reset="v = 0",
    method="euler",
)
stim = TimedArray([1.0, 0.0, 2.0], dt=10 * ms)
neurons.tau = 10 * ms
neurons.g = 1
spikes = SpikeMonitor(neurons)
voltage = StateMonitor(neurons, "v", record=True)
run(30 * ms)
device.build(run=False)


def simulate(values):
    device.run(results_directory="results", run_args=values)
    return list(spikes.count), voltage.v[:, -1]


def expected(tau, levels, g):
    """Counts and last voltages of the five neurons, step by step."""
    v, counts = zeros(5), zeros(5, dtype=int)
    for step in range(300):
        before = v.copy()
        v = v + 0.1 / tau * (levels[step // 100] * g - v)
        counts[v > 0.9] += 1
        v[v > 0.9] = 0
    return list(counts), before


for k in range(4):
    counts, last = simulate({neurons.tau: (5 + k) * ms, stim: [k * 1.0, 0, 1]})
    wanted = expected(full(5, 5.0 + k), [k, 0, 1], 1)
    assert counts == wanted[0], (k, counts, wanted)
    assert allclose(last, wanted[1]), (k, last, wanted)
taus = [5, 6, 7, 8, 9]
counts, last = simulate({neurons.tau: taus * ms, neurons.g: 3})
assert counts == expected(array(taus), [1, 0, 2], 3)[0]
assert get_device() is all_devices["cpp_standalone"]
