from rheobase import *

cells = NeuronGroup(10, "v : volt", name="cells")
cells.N = 20
