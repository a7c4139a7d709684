from rheobase import *

NeuronGroup(1, "d(v)/dt = -v/(10*ms) : volt")
