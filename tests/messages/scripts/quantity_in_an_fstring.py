from rheobase import *

tau = 10 * ms
NeuronGroup(1, f"dv/dt = -v/({tau}) : volt", name="cells")
