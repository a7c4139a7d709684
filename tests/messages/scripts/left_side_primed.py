from rheobase import *

cells = NeuronGroup(10, "v' = -v/(10*ms) : 1")
