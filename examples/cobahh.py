"""A network of Hodgkin-Huxley cells with synaptic conductances: Brette et al. 2007, benchmark 3.

4000 cells with the sodium and potassium currents of Traub & Miles 1991, 80 % of them excitatory,
each pair connected with probability 2 %. Random initial conductances start the activity, which
then sustains itself at about 40 Hz.

Sources: R. Brette et al., J. Comput. Neurosci. 23:349-398 (2007), appendix B, benchmark 3;
R. D. Traub and R. Miles, Neuronal Networks of the Hippocampus, Cambridge (1991).

    python examples/cobahh.py                     prints rates, saves cobahh.png
"""

import argparse

from rheobase import *

N_exc, N_inh = 3200, 800
area = 20000 * umetre**2
Cm = 1 * ufarad / cm**2 * area
gl, gna, gkd = (g * msiemens / cm**2 * area for g in (0.05, 100, 30))
El, ENa, EK = -60 * mV, 50 * mV, -90 * mV
Ee, Ei = 0 * mV, -80 * mV
VT = -63 * mV  # shifts the voltage axis of the channels; the threshold is about -50 mV
taue, taui = 5 * ms, 10 * ms
we, wi = 6 * nS, 67 * nS

# alpha_m is Traub & Miles' 0.32 (13 - u)/(exp((13 - u)/4) - 1) with u = (v - VT)/mV; written
# with exprel(x) = (exp(x) - 1)/x it has no 0/0. Likewise beta_m and alpha_n.
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


def simulate(duration, random_seed):
    """Build the network and run it; returns it with its monitors and its number of synapses."""
    start_scope()
    seed(random_seed)
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        N_exc + N_inh, eqs, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler"
    )
    cells.v = "El + (randn() - 1)*5*mV"
    cells.ge = "(4 + 1.5*randn())*10*nS"
    cells.gi = "(20 + 12*randn())*10*nS"
    excitation = Synapses(cells, cells, on_pre="ge += we")
    excitation.connect("i < N_exc", p=0.02)
    inhibition = Synapses(cells, cells, on_pre="gi += wi")
    inhibition.connect("i >= N_exc", p=0.02)
    spikes = SpikeMonitor(cells)
    rate = PopulationRateMonitor(cells)
    net = Network(cells, excitation, inhibition, spikes, rate)
    net.run(duration)
    return net, spikes, rate, len(excitation) + len(inhibition)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=1.0, help="s of biological time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", choices=["llvm", "numpy"], default="llvm")
    parser.add_argument("--no-plot", action="store_true")
    args = parser.parse_args(argv)

    set_backend(args.backend)
    _, spikes, rate, n_synapses = simulate(args.duration * second, args.seed)
    per_second = spikes.count[:] / args.duration
    print(f"cobahh: {N_exc + N_inh} neurons, {n_synapses} synapses, {args.duration:g} s")
    print(f"excitatory {per_second[:N_exc].mean():6.2f} Hz")
    print(f"inhibitory {per_second[N_exc:].mean():6.2f} Hz")
    print(f"spikes     {spikes.num_spikes}")

    if not args.no_plot:
        from rheobase.plotting import raster_and_rate

        populations = {"excitatory": N_exc, "inhibitory": N_inh}
        figure = raster_and_rate(spikes, rate, populations, title="Brette et al. 2007, COBAHH")
        figure.savefig("cobahh.png")
        print("figure     cobahh.png")


if __name__ == "__main__":
    main()
