from rheobase import *

cells = NeuronGroup(2, "v : 1\nlag : second", name="cells")
S = Synapses(cells, cells, "d : second", name="S")
S.connect()
S.d = "rand()"
