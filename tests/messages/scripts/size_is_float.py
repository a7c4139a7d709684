from rheobase import *

cells = NeuronGroup(10.5, "v : 1")
