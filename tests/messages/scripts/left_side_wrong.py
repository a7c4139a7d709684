from rheobase import *

cells = NeuronGroup(10, "dv/dx = -v/(10*ms) : 1")
