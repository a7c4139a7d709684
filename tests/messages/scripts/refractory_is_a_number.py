from rheobase import *

cells = NeuronGroup(10, "v : 1", threshold="v > 1", reset="v = 0", refractory=5)
