from rheobase import *

NeuronGroup(1, "x = clip(v, low=0, high=1) : 1\nv : 1", name="cells")
