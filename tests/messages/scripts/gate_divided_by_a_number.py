from rheobase import *

NeuronGroup(1, "m = 1/(1 + exp(-(v + 40*mV)/5)) : 1\nv : volt", name="cells")
