from rheobase import *

cells = NeuronGroup(
    10,
    """v : 1
                           ref : volt""",
    threshold="v > 1",
    reset="v = 0",
    refractory="ref",
)
run(1 * ms)
