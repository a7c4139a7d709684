from rheobase import *

NeuronGroup(1, "∂v/∂t = -v/(10*ms) : 1", name="cells")
