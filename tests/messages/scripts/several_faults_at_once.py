from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = (I - v)/(10*ms) : volt
       dw/dt = -w^2/(10*ms) : 1
       I : amper
       x = 3 : mV
       b : boolean (unless refractory)""",
)
