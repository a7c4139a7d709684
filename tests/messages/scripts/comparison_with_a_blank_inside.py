from rheobase import *

NeuronGroup(1, "x : 1", threshold="x > = 1", reset="x = 0")
