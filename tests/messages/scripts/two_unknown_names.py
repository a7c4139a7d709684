from rheobase import *

tau = 10 * ms
cells = NeuronGroup(
    10,
    """dv/dt = (E_leak - v + I)/tua : volt
       dw/dt = -w/tauw : 1""",
    name="cells",
)
run(1 * ms)
