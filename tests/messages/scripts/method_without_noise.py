from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) + xi*(10*ms)**-0.5 : 1", method="rk4")
run(1 * ms)
