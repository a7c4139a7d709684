from rheobase import *

cells = NeuronGroup(3, "v : 1", dt=0.1 * ms, clock=Clock(1 * ms))
