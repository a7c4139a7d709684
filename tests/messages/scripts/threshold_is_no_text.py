from rheobase import *

cells = NeuronGroup(10, "v : 1", threshold=5, reset="v = 0")
