from rheobase import *

cells = NeuronGroup(3, "dv/dt = (v if v > 0: 1)/ms : 1")
