from rheobase import *

cells = NeuronGroup(3, "v : 1")
run(1 * ms, report="txt")
