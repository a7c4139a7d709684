from rheobase import *

NeuronGroup(1, "g : mS/cm**2", name="cells")
