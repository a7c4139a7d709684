"""Depressing and facilitating synapses: the model of Tsodyks & Markram.

A synapse has a limited resource x, of which each spike uses the fraction u. What was used recovers
with time constant tau_rec; u grows with each spike and decays with tau_facil. A regular train of
spikes makes a depressing synapse weaker and weaker, and a facilitating one first stronger.

Between spikes nothing is computed for a synapse: both variables are event-driven.

Sources: M. V. Tsodyks and H. Markram, PNAS 94:719-723 (1997); M. Tsodyks, K. Pawelzik and
H. Markram, Neural Comput. 10:821-835 (1998), equations 2.1 to 2.3 and figure 1.

    python examples/short_term_plasticity.py      prints responses, saves short_term_plasticity.png
"""

import argparse

import numpy as np

from rheobase import *

rate = 20 * Hz
taum, tau_in, R = 40 * ms, 3 * ms, 100 * Mohm
NAMES = ("depressing", "facilitating")
TAU_REC, TAU_FACIL, USE = [800, 130] * ms, [1, 530] * ms, [0.5, 0.03]
STRENGTH = [250, 1540] * pA

membrane = """
dv/dt = (R*I - v)/taum : volt
dI/dt = -I/tau_in      : amp
"""

synapse = """
dx/dt = (1 - x)/tau_rec : 1 (event-driven)
du/dt = -u/tau_facil    : 1 (event-driven)
tau_rec   : second (constant)
tau_facil : second (constant)
U         : 1 (constant)
A         : amp (constant)
used      : 1
"""


def simulate(duration, random_seed=0):
    """One train of spikes through both synapses; returns network, synapses, and two monitors."""
    start_scope()
    seed(random_seed)
    defaultclock.dt = 0.1 * ms
    times = np.arange(0.05, float(duration), 1 / float(rate)) * second
    source = SpikeGeneratorGroup(1, np.zeros(len(times), int), times)
    cells = NeuronGroup(2, membrane, method="exact")
    synapses = Synapses(
        source,
        cells,
        synapse,
        on_pre="""u += U*(1 - u)
                  used = u*x
                  x -= used
                  I += A*used""",
    )
    synapses.connect()
    synapses.x = 1
    synapses.tau_rec, synapses.tau_facil = TAU_REC, TAU_FACIL
    synapses.U, synapses.A = USE, STRENGTH
    potentials = StateMonitor(cells, "v", record=True)
    releases = StateMonitor(synapses, "used", record=True, when="end")
    net = Network(source, cells, synapses, potentials, releases)
    net.run(duration)
    return net, synapses, potentials, releases, times


def stationary(tau_rec, tau_facil, U, rate):
    """The fraction of the resource that each spike of a long regular train releases.

    u = U/(1 - (1 - U) exp(-1/(rate tau_facil))) and
    x = (1 - exp(-1/(rate tau_rec)))/(1 - (1 - u) exp(-1/(rate tau_rec))), just after and before
    a spike: the fixed point of the map from spike to spike.
    """
    facilitated, recovered = np.exp(-1 / (rate * tau_facil)), np.exp(-1 / (rate * tau_rec))
    u = U / (1 - (1 - U) * facilitated)
    return u * (1 - recovered) / (1 - (1 - u) * recovered)


def draw(potentials, releases, file):
    """Membrane potentials and released fractions over time."""
    from rheobase.plotting import new_figure, tidy

    figure = new_figure(9, 5)
    axes = figure.subplots(2, 2, sharex=True)
    for k, name in enumerate(NAMES):
        axes[0][k].plot(potentials.t / ms, potentials.v[k] / mV, color="0.2")
        axes[0][k].set(title=name, ylabel="v (mV)")
        axes[1][k].plot(releases.t / ms, releases.used[k], color="tab:red")
        axes[1][k].set(xlabel="time (ms)", ylabel="fraction released", ylim=(0, None))
    for one in axes.flat:
        tidy(one)
    figure.savefig(file)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=1.2, help="s of biological time")
    parser.add_argument("--backend", choices=["llvm", "numpy"], default="llvm")
    parser.add_argument("--no-plot", action="store_true")
    args = parser.parse_args(argv)

    set_backend(args.backend)
    _, _, potentials, releases, times = simulate(args.duration * second)
    print(f"short_term_plasticity: {len(times)} spikes at {rate}")
    for k, name in enumerate(NAMES):
        at = np.rint(np.asarray(times / defaultclock.dt)).astype(int)
        used = releases.used[k][at]
        limit = stationary(float(TAU_REC[k]), float(TAU_FACIL[k]), USE[k], float(rate))
        print(f"{name:<12} releases {used[0]:.3f} first, {used.max():.3f} at most, {used[-1]:.3f} "
              f"last; {limit:.3f} in the long run")  # fmt: skip
    if not args.no_plot:
        draw(potentials, releases, "short_term_plasticity.png")
        print("figure     short_term_plasticity.png")


if __name__ == "__main__":
    main()
