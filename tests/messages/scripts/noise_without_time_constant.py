from rheobase import *

sigma = 1 * mV
cells = NeuronGroup(1, "dv/dt = -v/(10*ms) + sigma*xi : volt")
run(1 * ms)
