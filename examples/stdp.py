"""Competition of synapses under spike-timing-dependent plasticity: Song, Miller & Abbott 2000.

A leaky integrate-and-fire neuron gets 1000 excitatory inputs, Poisson trains of equal rate, whose
conductances change with the times of input and output spikes, and 200 inhibitory ones of fixed
strength. Synapses compete for the control of the neuron's spikes: most become strong or weak, and
the output, regular at first, becomes slower and irregular.

Source: S. Song, K. D. Miller, L. F. Abbott, Nature Neurosci. 3:919-926 (2000); values of its
Methods, conductances in units of the leak conductance.

    python examples/stdp.py                       prints rates and strengths, saves stdp.png
    python examples/stdp.py --duration 20 --no-plot
"""

import argparse

import numpy as np

from rheobase import *

N_exc, N_inh = 1000, 200
taum, tau_syn = 20 * ms, 5 * ms
El, Ee, Ei = -70 * mV, 0 * mV, -70 * mV
Vt, Vr = -54 * mV, -60 * mV
g_max, g_inh = 0.015, 0.05
tau_plus, tau_minus = 20 * ms, 20 * ms
A_plus = 0.005
A_minus = 1.05 * A_plus

neuron = """
dv/dt  = (El - v + ge*(Ee - v) + gi*(Ei - v))/taum : volt
dge/dt = -ge/tau_syn                               : 1
dgi/dt = -gi/tau_syn                               : 1
"""

plasticity = """
g : 1
dP/dt = -P/tau_plus  : 1 (event-driven)
dM/dt = -M/tau_minus : 1 (event-driven)
"""


def simulate(duration, random_seed, rate=15 * Hz):
    """Build the model and run it; returns its network, synapses and monitor of output spikes."""
    start_scope()
    seed(random_seed)
    defaultclock.dt = 0.1 * ms
    excitation = PoissonGroup(N_exc, rates=rate)
    inhibition = PoissonGroup(N_inh, rates=10 * Hz)
    cell = NeuronGroup(1, neuron, threshold="v > Vt", reset="v = Vr", method="exponential_euler")
    cell.v = El
    plastic = Synapses(
        excitation,
        cell,
        plasticity,
        on_pre="""ge += g
                  P += A_plus
                  g = clip(g - M*g_max, 0, g_max)""",
        on_post="""M += A_minus
                   g = clip(g + P*g_max, 0, g_max)""",
    )
    plastic.connect()
    plastic.g = "rand()*g_max"
    fixed = Synapses(inhibition, cell, on_pre="gi += g_inh")
    fixed.connect()
    spikes = SpikeMonitor(cell)
    net = Network(excitation, inhibition, cell, plastic, fixed, spikes)
    net.run(duration)
    return net, plastic, spikes


def draw(g, spikes, duration, file):
    """Strengths of all synapses, their distribution, and the rate of the output."""
    from rheobase.plotting import new_figure, tidy

    figure = new_figure(11, 3.4)
    axes = figure.subplots(1, 3)
    axes[0].plot(g, ".", markersize=3, color="0.3")
    axes[0].set(xlabel="synapse", ylabel="g / g_max", title="strengths at the end")
    axes[1].hist(g, 20, range=(0, 1), color="0.4")
    axes[1].set(xlabel="g / g_max", ylabel="synapses", title="their distribution")
    counts, edges = np.histogram(spikes.t_, np.linspace(0, duration, 51))
    axes[2].plot(edges[1:], counts / np.diff(edges), color="0.2")
    axes[2].set(xlabel="time (s)", ylabel="output rate (Hz)", title="output", ylim=(0, None))
    for one in axes:
        tidy(one)
    figure.savefig(file)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=300.0, help="s of biological time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", choices=["llvm", "numpy"], default="llvm")
    parser.add_argument("--no-plot", action="store_true")
    args = parser.parse_args(argv)

    set_backend(args.backend)
    _, plastic, spikes = simulate(args.duration * second, args.seed)
    g = np.asarray(plastic.g[:]) / g_max
    late = spikes.t_ > 0.8 * args.duration
    print(f"stdp: {N_exc} plastic synapses, {args.duration:g} s")
    print(f"output     {late.sum() / (0.2 * args.duration):6.2f} Hz in the last fifth")
    print(f"weak       {np.mean(g < 0.1):6.1%} below a tenth of the maximum")
    print(f"strong     {np.mean(g > 0.9):6.1%} above nine tenths")
    print(f"spikes     {spikes.num_spikes}")
    if not args.no_plot:
        draw(g, spikes, args.duration, "stdp.png")
        print("figure     stdp.png")


if __name__ == "__main__":
    main()
