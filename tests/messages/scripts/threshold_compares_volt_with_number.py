from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : volt", threshold="v > 1", reset="v = 0*mV")
