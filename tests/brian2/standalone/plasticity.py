"""STDP, explicit network, single precision, profile: run() builds and runs."""

import brian2 as b2
import brian2.numpy_ as np
from brian2 import Hz, second

b2.set_device("cpp_standalone", directory="STDP_standalone")
b2.prefs.codegen.target = "cython"
b2.prefs.core.default_float_dtype = np.float32
inputs = b2.PoissonGroup(100, rates=15 * Hz)
cell = b2.NeuronGroup(
    1, "dv/dt = -v/(10*ms) : 1", threshold="v > 0.5", reset="v = 0", method="euler"
)
synapses = b2.Synapses(
    inputs,
    cell,
    """w : 1
    dApre/dt = -Apre/(20*ms) : 1 (event-driven)
    dApost/dt = -Apost/(20*ms) : 1 (event-driven)""",
    on_pre="""v_post += w
    Apre += 0.01
    w = clip(w + Apost, 0, 0.1)""",
    on_post="""Apost += -0.0105
    w = clip(w + Apre, 0, 0.1)""",
    name="plastic",
)
synapses.connect()
synapses.w = "rand()*0.1"
weights = b2.StateMonitor(synapses, "w", record=[0, 1])
spikes = b2.SpikeMonitor(inputs)
net = b2.Network(b2.collect())
net.run(0.5 * second, report="stdout", profile=True)

assert spikes.num_spikes > 400
assert weights.w.shape == (2, 5000)
assert synapses.w[:].dtype == np.float32
assert ((synapses.w[:] >= 0) & (synapses.w[:] <= 0.1)).all()
assert "plastic_pre" in str(b2.profiling_summary(net))
