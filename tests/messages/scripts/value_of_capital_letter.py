from rheobase import *

cells = NeuronGroup(1, "v : volt")
cells.V = -70 * mV
