from rheobase import *

cells = NeuronGroup(
    10,
    """dv/dt = (El - v + R*I)/tau : volt
       El : volt
       R : ohm
       I = g*v : amp
       tau : second""",
    threshold="v > V_th",
    reset="v = El + noise*mV",
)
run(1 * ms)
