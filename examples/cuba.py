"""The current-based balanced network of Vogels & Abbott 2005, as benchmark 2 of Brette et al. 2007.

4000 leaky integrate-and-fire neurons, 80 % of them excitatory, each pair connected with
probability 2 %. Synaptic currents jump with a spike and decay exponentially. Every neuron rests
1 mV above its threshold, so the network needs no input: it keeps itself active, irregularly, at
about 6 Hz.

Sources: T. P. Vogels and L. F. Abbott, J. Neurosci. 25:10786-10795 (2005);
R. Brette et al., J. Comput. Neurosci. 23:349-398 (2007), appendix B, benchmark 2.

    python examples/cuba.py                       prints rates, saves cuba.png
    python examples/cuba.py --duration 5 --no-plot
"""

import argparse

from rheobase import *

N_exc, N_inh = 3200, 800
taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
Vt, Vr, El = -50 * mV, -60 * mV, -49 * mV
we = 60 * 0.27 / 10 * mV  # one excitatory spike raises v by at most 0.26 mV
wi = -20 * 4.5 / 10 * mV  # one inhibitory spike lowers v by at most 2.3 mV

eqs = """
dv/dt  = (ge + gi - (v - El))/taum : volt (unless refractory)
dge/dt = -ge/taue                  : volt
dgi/dt = -gi/taui                  : volt
"""


def simulate(duration, random_seed):
    """Build the network and run it; returns it with its monitors and its number of synapses."""
    start_scope()
    seed(random_seed)
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        N_exc + N_inh, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact"
    )
    cells.v = "Vr + rand()*(Vt - Vr)"
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
    print(f"cuba: {N_exc + N_inh} neurons, {n_synapses} synapses, {args.duration:g} s")
    print(f"excitatory {per_second[:N_exc].mean():6.2f} Hz")
    print(f"inhibitory {per_second[N_exc:].mean():6.2f} Hz")
    print(f"spikes     {spikes.num_spikes}")

    if not args.no_plot:
        from rheobase.plotting import raster_and_rate

        populations = {"excitatory": N_exc, "inhibitory": N_inh}
        figure = raster_and_rate(spikes, rate, populations, title="Vogels & Abbott 2005, CUBA")
        figure.savefig("cuba.png")
        print("figure     cuba.png")


if __name__ == "__main__":
    main()
