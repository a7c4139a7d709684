from rheobase import *

NeuronGroup(1, "v (constant) : volt")
