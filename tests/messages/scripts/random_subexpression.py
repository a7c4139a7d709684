from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = I/ms : 1
                           I = rand() : 1""",
)
