from rheobase import NeuronGroup, ms

tau = 10 * ms

cells = NeuronGroup(10, "dv/dt = (1 - v^2)/tau : 1", name="cells")
