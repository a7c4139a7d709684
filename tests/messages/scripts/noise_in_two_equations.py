from rheobase import *

NeuronGroup(
    1,
    """
dv/dt = (xi*ms**0.5 - v)/(10*ms) : 1
dw/dt = (xi*ms**0.5 - w)/(10*ms) : 1
""",
    name="cells",
)
