from rheobase import *

NeuronGroup(1, "g : siemens (constant, constant)", name="cells")
