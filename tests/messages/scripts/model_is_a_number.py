from rheobase import *

cells = NeuronGroup(10, 5)
