"""A balanced network, recorded and built at the end, in two stages with a change between."""

from brian2 import *

set_device("cpp_standalone", build_on_run=False)
prefs.devices.cpp_standalone.openmp_threads = 2
prefs["codegen.cpp.extra_compile_args_gcc"] += ["-march=native", "-ffast-math"]
prefs.codegen.cpp.extra_compile_args = ["-O3"]
prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
prefs.codegen.generators.cpp.flush_denormals = True
seed(4321)
defaultclock.dt = 0.1 * ms

n_exc, n_inh = 400, 100
tau_m = 20 * ms
eqs = """
dv/dt = (-(v - E_L) + R*I_ext)/tau_m + sigma*xi*tau_m**-0.5 : volt (unless refractory)
E_L : volt (constant, shared)
sigma : volt (shared)
R : ohm
I_ext : amp
"""
neurons = NeuronGroup(
    n_exc + n_inh, eqs, threshold="v > -50*mV", reset="v = -65*mV", refractory=2 * ms,
    method="euler", name="neurons",
)  # fmt: skip
exc, inh = neurons[:n_exc], neurons[n_exc:]
neurons.v = "-65*mV + rand()*10*mV"
neurons.E_L = -60 * mV
neurons.R = 100 * Mohm
neurons.sigma = 3 * mV
neurons.I_ext = 80 * pA
from_exc = Synapses(exc, neurons, "w : volt", on_pre="v_post += w", delay=1.5 * ms)
from_exc.connect(p=0.1)
from_exc.w = "0.2*mV*rand()"
from_inh = Synapses(inh, neurons, on_pre="v_post -= 1*mV")
from_inh.connect("i != j", p=0.1)
from_inh.delay = "rand()*2*ms"
spikes = SpikeMonitor(neurons)
rate = PopulationRateMonitor(exc)
voltage = StateMonitor(neurons, "v", record=[0, 1, n_exc])

run(50 * ms, report="text")
neurons.I_ext = 200 * pA
run(50 * ms, report="text")
device.build(
    directory="output", compile=True, run=True, debug=False, clean=True, run_args=["--threads", "2"]
)

assert device.has_been_run
assert device.project_dir == "output"
assert device._last_run_time > 0
assert device._last_run_completed_fraction == 1.0
assert voltage.v.shape == (3, 1000)
assert len(rate.smooth_rate(width=5 * ms)) == 1000
late = sum(spikes.t > 50 * ms)
assert late > 2 * (spikes.num_spikes - late) > 0
device.delete(force=True)
