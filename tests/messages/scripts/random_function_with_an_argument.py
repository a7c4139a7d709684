from rheobase import *

cells = NeuronGroup(3, "x : 1", name="cells")
cells.x = "randn(3)"
