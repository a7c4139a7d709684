from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : volt", name="cells")
v_rest = -70 * mV
cells.v = "v_rset + rand()*mV"
