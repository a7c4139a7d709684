from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : volt", threshold="v > 1*mV", reset="v = 0.5")
run(1 * ms)
