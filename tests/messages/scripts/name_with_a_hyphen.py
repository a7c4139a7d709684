from rheobase import *

NeuronGroup(1, "g-e : siemens", name="cells")
