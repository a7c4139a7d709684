"""Single precision beside double: nanoseconds for one element and one step.

    python benchmarks/precision.py              # all, 1 min
    python benchmarks/precision.py tanh noise

Each line is a group of 10,000 neurons that does one thing in every step, on one thread. Both
precisions run in turn; shown are the least times, of the processor alone, so that other programs
change them little, their ratio, and the range of the ratio within a pair. Numbers are in the caches
of the processor: where they are not, single precision is faster for being half as large.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from rheobase import Network, NeuronGroup, ms, prefs

CELLS = 10_000
STEPS = 2000
CODE = {
    "arithmetic": "v = 0.9*v + 0.1*(w - v*v*0.3 + v*w*0.2)",
    "sqrt": "v = sqrt(v + w)",
    "exp": "v = exp(-v)",
    "exprel": "v = exprel(-v)",
    "tanh": "v = tanh(v + w)",
    "sin": "v = sin(v + w)",
    "tan": "v = tan(v + w)*0.1",
    "arctan": "v = arctan(v + w)",
    "log": "v = log(v + 2*w)",
    "power": "v = (v + w)**0.7",
    "uniform": "v = 0.5*v + rand()",
    "noise": "v = 0.5*v + randn()",
}
MODELS = {
    "Ornstein-Uhlenbeck": "dv/dt = -v/(10*ms) + xi/sqrt(ms) : 1",
    "Hodgkin-Huxley": """
        dv/dt = (w - 0.05*v - 30*n**4*(v + 90) - 100*m**3*h*(v - 50))/ms : 1
        dm/dt = (4*exprel(-(v + 50)/4)**-1*0.32*(1 - m) - 0.28*5/exprel((v + 23)/5)*m)/ms : 1
        dn/dt = (0.032*5/exprel(-(v + 48)/5)*(1 - n) - 0.5*exp(-(v + 53)/40)*n)/ms : 1
        dh/dt = (0.128*exp(-(v + 46)/18)*(1 - h) - 4/(1 + exp(-(v + 23)/5))*h)/ms : 1
        """,
}


def network(name: str, dtype: type) -> Network:
    """A group that has been run once, so that all is compiled."""
    prefs.core.default_float_dtype = dtype
    if name in MODELS:
        cells = NeuronGroup(CELLS, MODELS[name] + "\nw : 1", method=["exponential_euler", "euler"])
        objects = [cells]
    else:
        cells = NeuronGroup(CELLS, "v : 1\nw : 1", dtype=dtype)
        objects = [cells, cells.run_regularly(CODE[name])]
    cells.v, cells.w = "-50 + i/N" if "Hodgkin" in name else 0.5, 0.7
    net = Network(*objects)
    net.run(1 * ms)
    return net


def cost(net: Network) -> float:
    began = time.process_time()
    net.run(STEPS * 0.1 * ms)
    return (time.process_time() - began) / (CELLS * STEPS) * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help=", ".join((*CODE, *MODELS)))
    parser.add_argument("--pairs", type=int, default=9)
    options = parser.parse_args()
    prefs.core.threads = 1
    print(f"{'':20s} double   single   ratio")
    for name in options.names or (*CODE, *MODELS):
        nets = [network(name, dtype) for dtype in (np.float64, np.float32)]
        pairs = [tuple(map(cost, nets)) for _ in range(options.pairs)]
        ratios = [a / b for a, b in pairs]
        double, single = (min(column) for column in zip(*pairs))
        shown = f"{double / single:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{name:20s} {double:6.2f} {single:8.2f}   {shown}", flush=True)


if __name__ == "__main__":
    main()
