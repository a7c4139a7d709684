from rheobase import *

a = 2
cells = NeuronGroup(1, "dv/dt = a·v/(10*ms) : volt")
run(1 * ms)
