from rheobase import *

cells = NeuronGroup(10, "dv/dt = np.exp(-v)/(10*ms) : 1")
