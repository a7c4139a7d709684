from rheobase import *

cells = NeuronGroup(10, "v : volt (shared)", name="cells")
cells.v = "i*mV"
