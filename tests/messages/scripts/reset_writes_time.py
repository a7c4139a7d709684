from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : 1", threshold="v > 1", reset="v = 0; t = 0*ms")
run(1 * ms)
