from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : 1 (event-driven)")
