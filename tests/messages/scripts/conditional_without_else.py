from rheobase import *

NeuronGroup(1, "x = v if v > 0*mV : volt\nv : volt", name="cells")
