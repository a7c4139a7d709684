from rheobase import *

cells = NeuronGroup(3, "dn/dt = 1/ms : integer")
