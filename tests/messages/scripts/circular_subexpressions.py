from rheobase import *

cells = NeuronGroup(
    10,
    """a = 2*b : 1
                           b = 3*a : 1""",
)
