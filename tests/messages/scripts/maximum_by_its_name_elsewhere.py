from rheobase import *

cells = NeuronGroup(1, "x : 1\ny = max(x, 0) : 1")
run(1 * ms)
