from rheobase import *

cells = NeuronGroup(1, "dv/dt = (5*µV - v)/(10*ms) : volt")
run(1 * ms)
