from rheobase import *

tau = 10 * ms
cells = NeuronGroup(
    10,
    """dv/dt = g(1 - v)/tau : 1
                           g : 1""",
)
run(1 * ms)
