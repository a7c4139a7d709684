from rheobase import *

cells = NeuronGroup(1, "x : 1\ny = ln(x) : 1")
run(1 * ms)
