from rheobase import *

NeuronGroup(1, "d2x/dt2 = -x/(10*ms)**2 : 1")
