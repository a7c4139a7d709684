from rheobase import *

NeuronGroup(1, "x = 2(v + 1) : 1\nv : 1", name="cells")
