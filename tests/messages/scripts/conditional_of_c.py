from rheobase import *

NeuronGroup(1, "dv/dt = (v > 0*mV ? 1 : -1)*mV/ms : volt")
