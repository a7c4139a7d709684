from rheobase import *

cells = NeuronGroup(2, "v : 1", threshold="v > 1", reset="v = 0", name="cells")
S = Synapses(cells, cells, on_pre="v_post += 1", name="S")
S.connect(True, 0.5)
