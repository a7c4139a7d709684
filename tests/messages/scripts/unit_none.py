from rheobase import *

NeuronGroup(1, "x : None")
