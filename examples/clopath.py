"""Plasticity that depends on the voltage: Clopath, Büsing, Vasilaki & Gerstner 2010.

A presynaptic spike weakens a synapse by how far the postsynaptic voltage, averaged over 10 ms, lies
above rest. The synapse is strengthened while three things meet: the trace of a presynaptic spike, a
voltage above a second threshold, and an average over 7 ms above rest. Both averages are those of
4 ms before, so that a spike does not count as its own past.

Pairs of spikes 10 ms apart are repeated: five in a row, fifteen times. At low rates they weaken the
synapse if the postsynaptic spike comes first, and do nothing if it comes second; at 50 Hz both
orders strengthen it. Rules that look at the times of pairs alone cannot do that.

Sources: C. Clopath, L. Büsing, E. Vasilaki, W. Gerstner, Nature Neurosci. 13:344-352 (2010),
Methods, table 1 (visual cortex) and figure 2; the experiment is that of P. J. Sjöström,
G. G. Turrigiano, S. B. Nelson, Neuron 32:1149-1164 (2001). The width and height of a spike are
those of the model's implementation in NEST (clopath_synapse). There, adaptation, threshold and
afterpotential jump when a spike begins, here when it has passed and the voltage is reset; that
makes up to 3 % of the weight.

    python examples/clopath.py                    prints the weights, saves clopath.png
"""

import argparse

import numpy as np

from rheobase import *

# the neuron: exponential integrate-and-fire, with an adapting threshold and a depolarisation
# after each spike
C, gL, El, DeltaT = 281 * pF, 30 * nS, -70.6 * mV, 2 * mV
tau_w, a, b = 144 * ms, 4 * nS, 0.0805 * nA
I_after, tau_z = 400 * pA, 40 * ms
VT_rest, VT_max, tau_VT = -50.4 * mV, 30.4 * mV, 50 * ms
V_spike, V_reset, width = 33 * mV, -49.6 * mV, 2 * ms

# the synapse
theta_minus, theta_plus = -70.6 * mV, -45.3 * mV
A_minus, A_plus = 14e-5 / mV, 8e-5 / mV**2 / ms
tau_x, tau_minus, tau_plus = 15 * ms, 10 * ms, 7 * ms
w_0 = 0.5

RATES = (0.1, 10, 20, 30, 40, 50)  # Hz
LAGS = (10, -10)  # ms from the presynaptic to the postsynaptic spike
STEP, N_STEPS = 0.4 * ms, 10  # averages of 4 ms before are handed on in ten steps

sides = ("minus", "plus")
handed = [f"{side}{k}" for side in sides for k in range(1, N_STEPS + 1)]
hand_on = "\n".join(f"{s}{k} = {s}{k - 1}" for s in sides for k in range(N_STEPS, 0, -1))

neuron = """
dv/dt = (gL*(El - v) + upswing - w_a + z)/C : volt (unless refractory)
upswing = gL*DeltaT*exp(clip((v - VT)/DeltaT, -50, 10)) : amp
dw_a/dt = (a*(v - El) - w_a)/tau_w  : amp (unless refractory)
dz/dt   = -z/tau_z                  : amp
dVT/dt  = (VT_rest - VT)/tau_VT     : volt
dminus0/dt = (v - minus0)/tau_minus : volt
dplus0/dt  = (v - plus0)/tau_plus   : volt
in_spike : boolean
""" + "\n".join(f"{name} : volt" for name in handed)

synapse = f"""
dw/dt = A_plus*x*above_plus*above_minus : 1 (clock-driven)
dx/dt = -x/tau_x                        : 1 (clock-driven)
above_plus  = clip(v_post - theta_plus, 0*mV, inf*mV)              : volt
above_minus = clip(plus{N_STEPS}_post - theta_minus, 0*mV, inf*mV) : volt
"""


def simulate(rates=RATES, lags=LAGS, n_pairs=5, n_bursts=15):
    """A burst of pairs at each rate and lag. Bursts are 10 s apart, so all change the weight alike.

    Returns the network, a monitor of the spikes, and the weights (lags, rates) after all bursts,
    relative to those before.
    """
    start_scope()
    defaultclock.dt = 0.02 * ms
    rate, lag = (x.ravel() for x in np.meshgrid(rates, lags))
    n_made = np.where(rate < 1, 1, n_pairs)  # one of several pairs that are far apart
    which = np.repeat(np.arange(len(rate)), n_made)
    times = 50 + np.concatenate([np.arange(n) * 1000 / r for n, r in zip(n_made, rate)])
    before = SpikeGeneratorGroup(len(rate), which, (times + np.maximum(-lag, 0)[which]) * ms)
    pulses = SpikeGeneratorGroup(len(rate), which, (times + np.maximum(lag, 0)[which]) * ms)
    cells = NeuronGroup(
        len(rate),
        neuron,
        threshold="v > 20*mV",
        reset="v = V_spike; in_spike = True",
        refractory="in_spike",
        events={"end": "in_spike and t - lastspike > width - 0.5*dt"},
        method="euler",
    )
    cells.run_on_event("end", "v = V_reset; in_spike = False; w_a += b; z = I_after; VT = VT_max")
    cells.run_regularly(hand_on, dt=STEP, when="before_groups")
    for name in ("v", "minus0", "plus0", *handed):
        setattr(cells, name, El)
    cells.VT = VT_rest
    evoked = Synapses(pulses, cells, on_pre="v_post += 80*mV")
    evoked.connect(j="i")
    plastic = Synapses(
        before,
        cells,
        synapse,
        on_pre=f"""v_post += w*mV
                   w -= A_minus*clip(minus{N_STEPS}_post - theta_minus, 0*mV, inf*mV)
                   x += ms/tau_x""",
        method="euler",
    )
    plastic.connect(j="i")
    plastic.w = w_0
    spikes = SpikeMonitor(cells)
    net = Network(before, pulses, cells, evoked, plastic, spikes)
    net.run((times.max() + 100) * ms)
    change = (np.asarray(plastic.w[:]) - w_0) * n_bursts * n_pairs / n_made
    return net, spikes, (1 + change / w_0).reshape(len(lags), len(rates))


def draw(weights, file):
    """Weight against rate, for both orders."""
    from rheobase.plotting import new_figure, tidy

    figure = new_figure(5, 3.6)
    axes = figure.subplots()
    for row, color, label in zip(
        weights, ("tab:blue", "tab:red"), ("pre, then post", "post first")
    ):
        axes.plot(RATES, 100 * row, "o-", color=color, label=label)
    axes.axhline(100, color="0.7", linewidth=0.8)
    axes.set(xlabel="rate of the pairs (Hz)", ylabel="weight (%)", title="75 pairs, 10 ms apart")
    axes.legend(frameon=False)
    tidy(axes)
    figure.savefig(file)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["llvm", "numpy"], default="llvm")
    parser.add_argument("--no-plot", action="store_true")
    args = parser.parse_args(argv)

    set_backend(args.backend)
    _, spikes, weights = simulate()
    print("clopath: weight after 75 pairs, in % of that before")
    print("rate      " + "".join(f"{rate:8g}" for rate in RATES) + "  Hz")
    for lag, row in zip(LAGS, weights):
        print(f"{lag:+d} ms    " + "".join(f"{100 * w:8.1f}" for w in row))
    print(f"spikes     {spikes.num_spikes}")
    if not args.no_plot:
        draw(weights, "clopath.png")
        print("figure     clopath.png")


if __name__ == "__main__":
    main()
