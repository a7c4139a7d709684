from rheobase import *

cells = NeuronGroup(1, "x : 1", threshold="true", reset="x = 0")
run(1 * ms)
