from rheobase import *

NeuronGroup(
    1,
    """
alpha = 0.1*(v + 40)/(1 - exp(-(v + 40)/10)) : Hz
v : volt
""",
    name="cells",
)
