from rheobase import *

NeuronGroup(1, "x = v if v > 0*mV else 1 : volt\nv : volt", name="cells")
