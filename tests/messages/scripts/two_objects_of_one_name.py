from rheobase import *

a = NeuronGroup(3, "v : 1", name="cells")
b = NeuronGroup(3, "v : 1", name="cells")
Network(a, b).run(1 * ms)
