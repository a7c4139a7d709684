from rheobase import *

cells = NeuronGroup(10, "dv/dt = -2v/(10*ms) : 1")
