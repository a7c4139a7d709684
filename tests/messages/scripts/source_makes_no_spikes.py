from rheobase import *

source = NeuronGroup(5, "dv/dt = -v/(10*ms) : volt", threshold="v > 1*mV", reset="v = 0*mV")
target = NeuronGroup(3, "dv/dt = -v/(10*ms) : volt")
synapses = Synapses(target, source, "w : volt", on_pre="v_post += w")
