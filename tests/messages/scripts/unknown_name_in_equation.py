from rheobase import *

tau_m = 10 * ms
cells = NeuronGroup(10, "dv/dt = -v/taum : 1", name="cells")
run(1 * ms)
