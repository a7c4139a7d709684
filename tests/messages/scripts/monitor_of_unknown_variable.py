from rheobase import *

cells = NeuronGroup(3, "dv/dt = -v/(10*ms) : 1", name="cells")
monitor = StateMonitor(cells, "V", record=True)
