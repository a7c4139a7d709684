from rheobase import *

NeuronGroup(1, "x = 3mV : volt", name="cells")
