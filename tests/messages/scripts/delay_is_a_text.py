from rheobase import *

source = NeuronGroup(5, "dv/dt = -v/(10*ms) : volt", threshold="v > 1*mV", reset="v = 0*mV")
target = NeuronGroup(3, "dv/dt = -v/(10*ms) : volt")
synapses = Synapses(source, target, on_pre="v_post += 1*mV", delay="2")
