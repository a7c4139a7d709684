from rheobase import *

source = NeuronGroup(5, "dv/dt = -v/(10*ms) : volt", threshold="v > 1*mV", reset="v = 0*mV")
target = NeuronGroup(3, "dv/dt = -v/(10*ms) : volt")
synapses = Synapses(source, target, "w : 1", on_pre="v_post += w")
synapses.connect()
run(1 * ms)
