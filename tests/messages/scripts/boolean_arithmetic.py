from rheobase import *

cells = NeuronGroup(
    3,
    """dv/dt = -v/(10*ms) : 1
                          on : boolean""",
    threshold="v > 1",
    reset="on += 1",
)
run(1 * ms)
