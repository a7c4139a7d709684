from rheobase import *

cells = NeuronGroup(1, "dv/dt = -v/(10*ms) : 1", threshold="v > 1", reset="v = xi", name="cells")
Network(cells).run(0 * ms)
