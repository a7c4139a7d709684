from rheobase import *

cells = NeuronGroup(3, "dv/dt = xi**2*second/(10*ms) : 1")
run(1 * ms)
