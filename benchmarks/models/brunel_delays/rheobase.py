"""Model A of Brunel 2000, g = 5, nu_ext = 2 nu_thr, delays of 0.5 to 5 ms, uniform, whole steps."""

from rheobase import *

tau, theta, Vr, J = 20 * ms, 20 * mV, 10 * mV, 0.1 * mV
g = 5
mu_ext, sigma_ext = 40 * mV, 2 * mV

eqs = "dv/dt = (mu_ext - v)/tau + sigma_ext*xi/sqrt(tau) : volt (unless refractory)"


def build(size):
    n_exc = size * 4 // 5
    cells = NeuronGroup(
        size, eqs, threshold="v > theta", reset="v = Vr", refractory=2 * ms, method="euler"
    )
    cells.v = "Vr + rand()*(theta - Vr)"
    excitation = Synapses(cells, cells, on_pre="v += J")
    excitation.connect("i < n_exc", p=0.1)
    inhibition = Synapses(cells, cells, on_pre="v -= g*J")
    inhibition.connect("i >= n_exc", p=0.1)
    for synapses in (excitation, inhibition):
        synapses.delay = "(5 + int(46*rand()))*0.1*ms"
    spikes = SpikeMonitor(cells)
    net = Network(cells, excitation, inhibition, spikes)
    return net, {"exc": (spikes, 0, n_exc), "inh": (spikes, n_exc, size)}, (excitation, inhibition)
