from rheobase import *

cells = NeuronGroup(3, "v : 1")
cells.when = "grups"
run(1 * ms)
