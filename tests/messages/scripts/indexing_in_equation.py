from rheobase import *

cells = NeuronGroup(3, "dv/dt = -v[0]/(10*ms) : 1")
