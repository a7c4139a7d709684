from rheobase import *

NeuronGroup(1, "tau*dv/dt = -v : volt")
