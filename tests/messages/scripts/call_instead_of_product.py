from rheobase import *

tau = 10 * ms
cells = NeuronGroup(10, "dv/dt = 2(1 - v)/tau : 1")
