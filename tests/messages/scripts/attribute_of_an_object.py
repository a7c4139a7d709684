from rheobase import *

cells = NeuronGroup(3, "dv/dt = cells.v/(10*ms) : 1")
