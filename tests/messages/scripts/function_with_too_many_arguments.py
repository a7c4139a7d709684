from rheobase import *

cells = NeuronGroup(3, "dv/dt = -exp(v, 2)/(10*ms) : 1")
