from rheobase import *

cells = NeuronGroup(3, "v : 1")
net = Network(cells)
net.run(1)
