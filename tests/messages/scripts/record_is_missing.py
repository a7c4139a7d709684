from rheobase import *

cells = NeuronGroup(2, "v : 1", name="cells")
StateMonitor(cells, "v")
