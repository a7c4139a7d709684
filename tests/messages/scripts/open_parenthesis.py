from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = (1 - v/(10*ms) : 1
                           I : amp""",
)
