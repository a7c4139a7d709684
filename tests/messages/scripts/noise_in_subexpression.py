from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = I/ms : 1
                           I = xi*ms**0.5 : 1 (constant over dt)""",
)
