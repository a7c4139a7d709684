from rheobase import *

cells = NeuronGroup("v : 1", 10)
