from rheobase import *

NeuronGroup(1, "x : 1\ny = 1 if x > 0 elif x < 0 2 else 3 : 1")
