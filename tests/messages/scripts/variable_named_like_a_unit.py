from rheobase import *

cells = NeuronGroup(
    10,
    """dmV/dt = -mV/(10*ms) : 1
                           exp : 1
                           dt : second
                           _x : 1
                           w_post : 1
                           lambda : 1
                           pi : 1""",
)
