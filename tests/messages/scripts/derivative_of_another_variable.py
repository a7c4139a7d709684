from rheobase import *

NeuronGroup(1, "dv/dx = -v/(10*ms) : 1", name="cells")
