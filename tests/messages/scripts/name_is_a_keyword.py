from rheobase import *

NeuronGroup(1, "lambda : 1", name="cells")
