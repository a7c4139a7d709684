from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = I/(10*ms) : volt
                           I = 2*nA : volt""",
)
