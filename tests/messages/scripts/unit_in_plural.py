from rheobase import *

NeuronGroup(1, "v : volts", name="cells")
