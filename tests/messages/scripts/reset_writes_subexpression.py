from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = (u - v)/(10*ms) : 1
                           u = 2*v : 1""",
    threshold="v > 1",
    reset="u = 0",
)
run(1 * ms)
