from rheobase import *

NeuronGroup(1, "g : 1 (unless refractory)", name="cells")
