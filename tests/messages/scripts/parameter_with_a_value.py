from rheobase import *

NeuronGroup(1, "x : 1 = 3")
