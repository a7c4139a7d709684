from rheobase import *

NeuronGroup(1, "dv/dt == -v/(10*ms) : 1", name="cells")
