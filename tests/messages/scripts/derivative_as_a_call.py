from rheobase import *

NeuronGroup(1, "diff(v, t) = -v/(10*ms) : 1", name="cells")
