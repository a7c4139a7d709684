"""What is different for Brian 2, which reads rheobase.py before this: the synapses of a population
are one object with a delay for each, since 260 objects would be as many programs to compile."""

import numpy as np

from rheobase import *

DT = 0.1  # ms


def connected(part, cells, drawn, weight):
    """The synapses of a population; drawn: (delay in steps, sources, targets) of each delay."""
    steps, i, j = zip(*drawn, strict=True)
    S = Synapses(part, cells, "w : amp", on_pre="I += w")
    S.connect(i=np.concatenate(i), j=np.concatenate(j))
    S.delay = np.repeat(steps, [len(x) for x in i]) * DT * ms
    S.w = weight
    return [S]
