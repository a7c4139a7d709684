from rheobase import *

eqs = Equations("dv/dt = -v/(10*ms) : 1") + "v : 1"
