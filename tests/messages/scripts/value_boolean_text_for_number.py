from rheobase import *

cells = NeuronGroup(3, "v : volt")
cells.v = "v > 3*mV"
