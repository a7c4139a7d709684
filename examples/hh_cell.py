"""The f-I curve of the Hodgkin-Huxley squid axon: how fast a cell fires for a given current.

One group holds 51 independent cells that differ only in their constant current, 0 to 20 uA/cm2.
Repetitive firing starts abruptly, at more than 50 Hz, near 6.3 uA/cm2: the rheobase.

Source: A. L. Hodgkin and A. F. Huxley, J. Physiol. 117:500-544 (1952), with the sign of the
voltage and the resting potential (-65 mV) of today's convention.

    python examples/hh_cell.py                    prints the curve, saves hh_cell.png
"""

import argparse

import numpy as np

from rheobase import *

N = 51
I_max = 20 * uA / cm**2
Cm = 1 * uF / cm**2
gl, gna, gk = (g * msiemens / cm**2 for g in (0.3, 120, 36))
El, ENa, EK = -54.4 * mV, 50 * mV, -77 * mV
shown = [10, 20, 50]  # cells whose voltage is drawn: 4, 8 and 20 uA/cm2
transient = 100 * ms  # what comes before is not counted

# 0.1 (40 + u)/(1 - exp(-(40 + u)/10)), u = v/mV, and the like, free of 0/0 by exprel
eqs = """
dv/dt = (I - gl*(v - El) - gna*m**3*h*(v - ENa) - gk*n**4*(v - EK))/Cm : volt
dm/dt = (alpha_m*(1 - m) - beta_m*m)/ms : 1
dh/dt = (alpha_h*(1 - h) - beta_h*h)/ms : 1
dn/dt = (alpha_n*(1 - n) - beta_n*n)/ms : 1
u = v/mV : 1
alpha_m = 1/exprel(-(u + 40)/10)        : 1
beta_m  = 4*exp(-(u + 65)/18)           : 1
alpha_h = 0.07*exp(-(u + 65)/20)        : 1
beta_h  = 1/(1 + exp(-(u + 35)/10))     : 1
alpha_n = 0.1/exprel(-(u + 55)/10)      : 1
beta_n  = 0.125*exp(-(u + 65)/80)       : 1
I : amp/meter**2
"""


def simulate(duration, random_seed):
    """Run all cells; returns the network, the currents (uA/cm2), the spikes and the voltages."""
    start_scope()
    seed(random_seed)
    defaultclock.dt = 0.01 * ms
    cells = NeuronGroup(N, eqs, threshold="v > 0*mV", refractory=3 * ms, method="exponential_euler")
    cells.I = "I_max*i/(N - 1)"
    # at rest, a little spread: where rest and firing are both stable, the start decides
    cells.v = "-65*mV + 0.1*mV*rand()"
    cells.m, cells.h, cells.n = 0.053, 0.596, 0.318
    spikes = SpikeMonitor(cells)
    traces = StateMonitor(cells, "v", record=shown, dt=0.05 * ms)
    net = Network(cells, spikes, traces)
    net.run(duration)
    return net, cells.I[:] / (uA / cm**2), spikes, traces


def rates(spikes, duration):
    """Spikes per second of each cell, the transient left out: (N,), Hz."""
    late = np.asarray(spikes.t / second) >= float(transient)
    counts = np.bincount(np.asarray(spikes.i)[late], minlength=N)
    return counts / (duration - float(transient))


def draw(current, rate, traces):
    """The curve, and beside it the voltage of three cells."""
    from rheobase.plotting import new_figure, tidy

    figure = new_figure(9, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    left.plot(current, rate, ".-", color="#1f5a94")
    left.set(xlabel="current (µA/cm²)", ylabel="firing rate (Hz)")
    time = np.asarray(traces.t / ms)
    for row, cell in enumerate(shown):
        base = -130 * row
        right.plot(time, np.asarray(traces.v[row] / mV) + base, color="#1f5a94", lw=0.9)
        right.text(101, base - 60, f"{current[cell]:.0f} µA/cm²", va="center")
    right.plot([90, 90], [-45, 5], color="black", lw=2)  # the scale of the voltage
    right.text(89, -20, "50 mV", va="center", ha="right")
    right.set(xlabel="time (ms)", xlim=(0, 100), yticks=[])
    right.spines["left"].set_visible(False)
    tidy(left)
    tidy(right)
    return figure


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=1.0, help="s of biological time, > 0.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", choices=["llvm", "numpy"], default="llvm")
    parser.add_argument("--no-plot", action="store_true")
    args = parser.parse_args(argv)
    if args.duration <= float(transient):
        parser.error(f"--duration must be longer than the transient of {transient}")

    set_backend(args.backend)
    _, current, spikes, traces = simulate(args.duration * second, args.seed)
    rate = rates(spikes, args.duration)
    print("uA/cm2     Hz")
    for k in range(0, N, 5):
        print(f"{current[k]:6.1f} {rate[k]:6.1f}")
    firing = np.flatnonzero(rate)
    if firing.size:
        print(f"rheobase   {current[firing[0]]:.1f} uA/cm2")
    print(f"spikes     {spikes.num_spikes}")

    if not args.no_plot:
        draw(current, rate, traces).savefig("hh_cell.png")
        print("figure     hh_cell.png")


if __name__ == "__main__":
    main()
