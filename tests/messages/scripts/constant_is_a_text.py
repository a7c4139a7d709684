from rheobase import *

tau = "10*ms"
cells = NeuronGroup(3, "dv/dt = -v/tau : 1", name="cells")
run(1 * ms)
