from rheobase import *

cells = NeuronGroup(0, "v : 1")
