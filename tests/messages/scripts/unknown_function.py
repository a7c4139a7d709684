from rheobase import *

cells = NeuronGroup(10, "dv/dt = -expp(v)/(10*ms) : 1")
run(1 * ms)
