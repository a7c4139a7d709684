from rheobase import *

NeuronGroup(1, "g = rand() : 1 (constant_over_dt)", name="cells")
