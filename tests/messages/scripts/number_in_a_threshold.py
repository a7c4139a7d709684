from rheobase import *

NeuronGroup(1, "dv/dt = -v/(10*ms) : volt", threshold="v > -50", name="cells")
