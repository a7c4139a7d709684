from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = (I - v)/(10*ms) : volt
       dw/dt = -w : 1
       I : amp
       x = v + 1 : volt""",
    threshold="v > 3",
)
