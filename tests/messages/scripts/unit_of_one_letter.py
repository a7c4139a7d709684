from rheobase import *

cells = NeuronGroup(1, "dv/dt = -v/(10*s) : 1", name="cells")
Network(cells).run(0 * ms)
