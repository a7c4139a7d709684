from rheobase import *

NeuronGroup(1, "slope : volt per second", name="cells")
