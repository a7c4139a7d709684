from rheobase import *

NeuronGroup(1, "g : 1 ()", name="cells")
