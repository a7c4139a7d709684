from rheobase import *

NeuronGroup(1, "v_pre : 1", name="cells")
