from rheobase import *

NeuronGroup(1, "v : Volt", name="cells")
