from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : 1", method="rk5")
run(1 * ms)
