"""The sparse balanced network of Brunel 2000 (model A) in its asynchronous irregular state.

10,000 excitatory and 2,500 inhibitory leaky integrate-and-fire neurons, 15.6 million delta
synapses: each pair is connected with probability 10 %, every spike arrives after 1.5 ms.
Inhibition is g = 5 times stronger than excitation, the external drive is twice what alone would
bring a neuron to threshold. Brunel's figure 8C shows this state; he gives 37.7 Hz.

The external drive is the diffusion approximation of C_ext = 1000 Poisson trains per neuron
(equations 3 to 5 of the paper): mean mu_ext = C_ext J nu_ext tau and standard deviation
sigma_ext = J sqrt(C_ext nu_ext tau), integrated with the Euler-Maruyama method. In the paper
every neuron has the same number of inputs; here it varies from neuron to neuron, and so the mean
rate varies from seed to seed: 38 Hz, give or take 2.

Source: N. Brunel, J. Comput. Neurosci. 8:183-208 (2000).

    python examples/brunel.py                     prints rates, saves brunel.png
"""

import argparse

from rheobase import *

N_exc, N_inh, C_ext = 10_000, 2_500, 1_000
tau, theta, Vr, J = 20 * ms, 20 * mV, 10 * mV, 0.1 * mV
g = 5
nu_thr = theta / (J * C_ext * tau)  # the external rate that brings the mean to threshold, 10 Hz
nu_ext = 2 * nu_thr
mu_ext = C_ext * J * nu_ext * tau  # 40 mV
sigma_ext = J * (C_ext * nu_ext * tau) ** 0.5  # 2 mV

eqs = "dv/dt = (mu_ext - v)/tau + sigma_ext*xi/sqrt(tau) : volt (unless refractory)"


def simulate(duration, random_seed):
    """Build the network and run it; returns it with its monitors and its number of synapses."""
    start_scope()
    seed(random_seed)
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        N_exc + N_inh, eqs, threshold="v > theta", reset="v = Vr", refractory=2 * ms, method="euler"
    )
    cells.v = "Vr + rand()*(theta - Vr)"
    excitation = Synapses(cells, cells, on_pre="v += J", delay=1.5 * ms)
    excitation.connect("i < N_exc", p=0.1)
    inhibition = Synapses(cells, cells, on_pre="v -= g*J", delay=1.5 * ms)
    inhibition.connect("i >= N_exc", p=0.1)
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
    print(f"brunel: {N_exc + N_inh} neurons, {n_synapses} synapses, {args.duration:g} s")
    print(f"excitatory {per_second[:N_exc].mean():6.2f} Hz")
    print(f"inhibitory {per_second[N_exc:].mean():6.2f} Hz")
    print(f"spikes     {spikes.num_spikes}")

    if not args.no_plot:
        from rheobase.plotting import raster_and_rate

        populations = {"excitatory": N_exc, "inhibitory": N_inh}
        figure = raster_and_rate(
            spikes, rate, populations, title="Brunel 2000, asynchronous irregular", n_rows=100
        )
        figure.savefig("brunel.png")
        print("figure     brunel.png")


if __name__ == "__main__":
    main()
