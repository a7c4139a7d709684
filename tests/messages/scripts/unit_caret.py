from rheobase import *

cells = NeuronGroup(10, "g : siemens/meter^2")
