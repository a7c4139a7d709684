from rheobase import *

NeuronGroup(2, "x : 1\ng = 2*x : 1 (shared)", name="cells")
