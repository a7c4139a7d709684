from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : volt", name="cells")
cells.vv = -70 * mV
