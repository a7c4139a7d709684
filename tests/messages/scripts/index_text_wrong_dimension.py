from rheobase import *

cells = NeuronGroup(10, "v : volt", name="cells")
print(cells.v["v > 3"])
