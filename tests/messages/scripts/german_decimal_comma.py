from rheobase import *

cells = NeuronGroup(3, "dv/dt = -0,5*v/(10*ms) : 1")
