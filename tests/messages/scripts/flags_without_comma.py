from rheobase import *

cells = NeuronGroup(10, "I : amp (constant shared)")
