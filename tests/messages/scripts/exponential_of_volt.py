from rheobase import *

cells = NeuronGroup(10, "dv/dt = mV*exp(v)/(10*ms) : volt")
