from rheobase import *

NeuronGroup(1, "dv/dt = -v/tau : volt", threshold="v > -50*mV", reset="v = -70", name="cells")
