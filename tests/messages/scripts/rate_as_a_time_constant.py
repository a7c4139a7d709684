from rheobase import *

NeuronGroup(1, "dv/dt = -v/(10*Hz) : volt", name="cells")
