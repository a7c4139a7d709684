from rheobase import *

NeuronGroup(1, "v : volt [constant]")
