"""A network as large and as quiet as a fly's brain: 139,000 cells, 15 million connections.

Cells and their constants are those of Shiu et al. 2024 (Nature 634:210-219) for the connectome of
FlyWire. The connections are random here: each pair with the chance that gives the number, the
synapses of a pair log-normal with median 5, a third of the cells inhibitory. 100 cells are driven
at 150 Hz, as a stimulus drives sensory cells; with what they excite, fewer than 500 spike.
"""

from rheobase import *

N_PAIRS, DRIVEN = 15e6 / 139_000**2, 100
v0, Vr, Vt = -52 * mV, -52 * mV, -45 * mV
t_mbr, tau = 20 * ms, 5 * ms
w_syn = 0.275 * mV

eqs = """
dv/dt = (x - (v - v0))/t_mbr : volt (unless refractory)
dx/dt = -x/tau               : volt (unless refractory)
"""


def build(size):
    cells = NeuronGroup(
        size, eqs, threshold="v > Vt", reset="v = Vr; x = 0*mV", refractory=2.2 * ms, method="exact"
    )
    cells.v = v0
    S = Synapses(cells, cells, "w : volt", on_pre="x += w", delay=1.8 * ms)
    S.connect(p=N_PAIRS)
    S.w = "w_syn*ceil(5*exp(randn()))*(1 - 2*int(i % 3 == 2))"
    drive = PoissonInput(cells[:DRIVEN], "v", N=1, rate=150 * Hz, weight=68.75 * mV)
    spikes = SpikeMonitor(cells)
    populations = {"driven": (spikes, 0, DRIVEN), "others": (spikes, DRIVEN, size)}
    return Network(cells, S, drive, spikes), populations, (S,)
