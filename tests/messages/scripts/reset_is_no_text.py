from rheobase import *

cells = NeuronGroup(10, "v : 1", threshold="v > 1", reset=0)
