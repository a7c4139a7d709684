from rheobase import *

cells = NeuronGroup(
    3,
    """dv/dt = v**x/(10*ms) : volt
                          x : 1""",
)
