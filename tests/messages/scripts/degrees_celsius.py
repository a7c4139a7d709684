from rheobase import *

cells = NeuronGroup(1, "T = 36*celsius : kelvin", name="cells")
Network(cells).run(0 * ms)
