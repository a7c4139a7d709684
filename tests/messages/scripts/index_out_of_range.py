from rheobase import *

cells = NeuronGroup(10, "v : volt", name="cells")
cells.v[10] = 1 * mV
