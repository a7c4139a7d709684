from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = -v/(10*ms) : 1
                           w : 1""",
    threshold="v > 1",
    reset="v = 0; ww += 1",
)
run(1 * ms)
