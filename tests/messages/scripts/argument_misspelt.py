from rheobase import *

NeuronGroup(2, "v : 1", treshold="v > 1")
