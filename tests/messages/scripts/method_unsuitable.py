from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v**2/(10*ms) : 1", method="exact")
run(1 * ms)
