from rheobase import *

cells = NeuronGroup(10, "dv/dt = -v/(10*ms) : 1", threshold="v > v_tresh", reset="v = 0")
v_thresh = 1
run(1 * ms)
