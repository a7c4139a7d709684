"""Benchmark 3 of Brette et al. 2007; examples/cobahh.py. Any size keeps 80 synapses a cell."""

from rheobase import *

area = 20000 * umetre**2
Cm = 1 * ufarad / cm**2 * area
gl, gna, gkd = (g * msiemens / cm**2 * area for g in (0.05, 100, 30))
El, ENa, EK = -60 * mV, 50 * mV, -90 * mV
Ee, Ei = 0 * mV, -80 * mV
VT = -63 * mV
taue, taui = 5 * ms, 10 * ms
we, wi = 6 * nS, 67 * nS

eqs = """
dv/dt = (gl*(El - v) + ge*(Ee - v) + gi*(Ei - v)
         - gna*m**3*h*(v - ENa) - gkd*n**4*(v - EK))/Cm : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dge/dt = -ge/taue : siemens
dgi/dt = -gi/taui : siemens
u = (v - VT)/mV : 1
alpha_m = 1.28/exprel((13 - u)/4)/ms  : Hz
beta_m  = 1.4/exprel((u - 40)/5)/ms   : Hz
alpha_h = 0.128*exp((17 - u)/18)/ms   : Hz
beta_h  = 4/(1 + exp((40 - u)/5))/ms  : Hz
alpha_n = 0.16/exprel((15 - u)/5)/ms  : Hz
beta_n  = 0.5*exp((10 - u)/40)/ms     : Hz
"""


def build(size):
    n_exc = size * 4 // 5
    cells = NeuronGroup(
        size, eqs, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler"
    )
    cells.v = "El + (randn() - 1)*5*mV"
    cells.ge = "(4 + 1.5*randn())*10*nS"
    cells.gi = "(20 + 12*randn())*10*nS"
    excitation = Synapses(cells, cells, on_pre="ge += we")
    excitation.connect("i < n_exc", p=80 / size)
    inhibition = Synapses(cells, cells, on_pre="gi += wi")
    inhibition.connect("i >= n_exc", p=80 / size)
    spikes = SpikeMonitor(cells)
    net = Network(cells, excitation, inhibition, spikes)
    return net, {"exc": (spikes, 0, n_exc), "inh": (spikes, n_exc, size)}, (excitation, inhibition)
