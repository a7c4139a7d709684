from rheobase import *

cells = NeuronGroup(3, "v : 1", threshold="v > '1'")
