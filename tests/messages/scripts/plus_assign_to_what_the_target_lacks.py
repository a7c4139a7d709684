from rheobase import *

a = NeuronGroup(1, "v : 1", threshold="v > 1", reset="v = 0", name="a")
b = NeuronGroup(1, "g : 1", name="b")
S = Synapses(a, b, on_pre="v_post += 1", name="S")
S.connect()
Network(a, b, S).run(0 * ms)
