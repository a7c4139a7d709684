"""The cortical microcircuit of Potjans & Diesmann 2014 (Cereb. Cortex 24:785-806), any scale.

Full scale is 77,169 cells and 0.3 billion synapses. Below, cells and inputs of each are reduced by
the same factor, weights grow by its root, and a current takes the place of the mean that is
missing, as van Albada et al. 2015 (PLoS Comput. Biol. 11:e1004490) describe.

Delays are whole steps, so all synapses of one population and one delay make one Synapses object:
then a synapse takes its target and its weight, and no delay. Numbers of synapses are fixed, pairs
are drawn with replacement (the paper's rule).
"""

from math import erf

import numpy as np

from rheobase import *

NAMES = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
K_EXT = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
# connection probabilities: target, source (table 5)
P = np.array([
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000],
    [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
])  # fmt: skip
# Hz, of the full network: parameters of NEST's example Potjans_2014, for scaling
RATES = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
V0 = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])  # mV, the same
V0_SD = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])

taum, tau_syn, Cm = 10 * ms, 0.5 * ms, 250 * pF
El, Vt, Vr = -65 * mV, -50 * mV, -65 * mV
J = 87.81  # pA: an EPSP of 0.15 mV
g = 4
rate_ext = 8 * Hz
DT = 0.1  # ms

eqs = """
dv/dt = (El - v)/taum + (I + I_mean)/Cm : volt (unless refractory)
dI/dt = -I/tau_syn : amp
I_mean : amp (constant)
"""


def synapse_numbers():
    """(8, 8) by target and source: the number that gives the probability of a connected pair."""
    pairs = np.outer(SIZES, SIZES).astype(float)
    return np.log1p(-P) / np.log1p(-1 / pairs)


def weights():
    """(8, 8) by target and source, pA."""
    w = np.where(np.arange(8) % 2 == 0, J, -g * J) * np.ones((8, 1))
    w[0, 2] *= 2  # from L4E to L23E
    return w


def delay_chances(source):
    """{delay in steps: probability}: normal, half as wide as its mean, at least one step."""
    mean = 1.5 if source % 2 == 0 else 0.75
    sd = mean / 2

    def below(x):
        return 0.5 * (1 + erf((x - mean) / (sd * 2**0.5)))

    steps = np.arange(1, int((mean + 4 * sd) / DT))
    chances = np.array([below((k + 0.5) * DT) - below((k - 0.5) * DT) for k in steps])
    return steps, chances / chances.sum()


def pairs(rng, n_source, begins, sizes, counts):
    """Sources and targets of `counts` synapses to each population, in order of both."""
    total = int(begins[-1] + sizes[-1])
    keys = [
        rng.integers(n_source, size=c) * total + rng.integers(begin, begin + n, size=c)
        for begin, n, c in zip(begins, sizes, counts, strict=True)
    ]
    i, j = np.divmod(np.sort(np.concatenate(keys)), total)
    return i.astype(np.int32), j.astype(np.int32)


def connected(part, cells, drawn, weight):
    """The synapses of a population; drawn: (delay in steps, sources, targets) of each delay."""
    synapses = []
    for step, i, j in drawn:
        if len(i):
            delay = step * DT * ms
            S = Synapses(part, cells, "w : amp", on_pre="I += w", delay=delay, dtype=np.float32)
            S.connect(i=i, j=j)
            S.w = weight
            synapses.append(S)
    return synapses


def build(size):
    scale = size / SIZES.sum()
    rng = np.random.default_rng(int(1e6 * scale))
    sizes = np.maximum((SIZES * scale).round().astype(int), 1)
    begins = np.cumsum(sizes) - sizes
    cells = NeuronGroup(
        int(sizes.sum()), eqs, threshold="v > Vt", reset="v = Vr", refractory=2 * ms, method="exact"
    )
    objects, populations = [cells], {}
    w, numbers = weights(), synapse_numbers()
    mean_input = (w * numbers / SIZES[:, None] * RATES).sum(1) + J * K_EXT * float(rate_ext)
    spikes = SpikeMonitor(cells)
    parts = [cells[b : b + n] for b, n in zip(begins, sizes, strict=True)]
    for k, part in enumerate(parts):
        part.v = f"({V0[k]} + {V0_SD[k]}*randn())*mV"
        part.I_mean = (1 - scale**0.5) * 0.5e-3 * mean_input[k] * pA
        n_trains = max(1, round(K_EXT[k] * scale))
        objects.append(PoissonInput(part, "I", n_trains, rate_ext, J / scale**0.5 * pA))
        populations[NAMES[k]] = (spikes, begins[k], begins[k] + sizes[k])
    synapses = []
    for s, part in enumerate(parts):
        steps, chances = delay_chances(s)
        counts = [rng.multinomial(round(n * scale**2), chances) for n in numbers[:, s]]
        to_L23E = f"*(1 + int(j < {sizes[0]}))" if s == 2 else ""
        drawn = (
            (step, *pairs(rng, sizes[s], begins, sizes, count))
            for step, count in zip(steps, np.transpose(counts), strict=True)
        )
        weight = f"{w[1, s] / scale**0.5}*pA*(1 + 0.1*randn()){to_L23E}"
        synapses += connected(part, cells, drawn, weight)
    return Network(*objects, *synapses, spikes), populations, synapses
