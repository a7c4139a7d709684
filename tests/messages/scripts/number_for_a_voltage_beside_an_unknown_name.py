from rheobase import *

NeuronGroup(1, "dv/dt = (-70 - v)/tau : volt", name="cells")
