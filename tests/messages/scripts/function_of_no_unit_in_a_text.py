from rheobase import *


def start(x):
    return x + 1


cells = NeuronGroup(1, "x : 1", name="cells")
cells.x = "start(i)"
