from rheobase import *

cells = NeuronGroup(1, "dv/dt = -v/tau : 1", namespace={"Tau": 10 * ms}, name="cells")
Network(cells).run(0 * ms)
