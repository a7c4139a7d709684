from rheobase import *

cells = NeuronGroup(10, "dv_m/dt = -v_m/(10*ms) : volt", name="cells")
print(cells.vm)
