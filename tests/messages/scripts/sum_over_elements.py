from rheobase import *

cells = NeuronGroup(5, "x : 1\ny = sum(x) : 1")
run(1 * ms)
