from rheobase import *

cells = NeuronGroup(3, "dv/dt = -v²/(10*ms) : 1")
