from rheobase import *

cells = NeuronGroup(10, "v : volt", name="cells")
cells.v["i + 3"] = 1 * mV
