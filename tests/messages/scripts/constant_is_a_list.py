from rheobase import *

tau = [10 * ms, 20 * ms]
cells = NeuronGroup(2, "dv/dt = -v/tau : 1", name="cells")
Network(cells).run(0 * ms)
