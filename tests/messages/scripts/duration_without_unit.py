from rheobase import *

cells = NeuronGroup(3, "dv/dt = -v/(10*ms) : 1")
run(100)
