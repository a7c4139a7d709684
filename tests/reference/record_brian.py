"""Record what the examples do under Brian 2: rates and spike counts of several seeds.

    python tests/reference/record_brian.py NAME [--duration S] [--seeds K] [--target numpy|cython]

The text of examples/NAME.py runs unchanged but for its import line. Needs Brian 2 in the
environment that runs it; rheobase is not needed. Prints one JSON object.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def load(name):
    """The names of an example, its star import taken from Brian 2."""
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    text = text.replace("from rheobase import *", "from brian2 import *")
    names = {"__name__": f"brian_{name}"}
    exec(compile(text, f"{name}.py", "exec"), names)
    return names


def record(names, duration, seed):
    """Rates and spike count of one run of a network example."""
    from brian2 import second

    _, spikes, _, n_synapses = names["simulate"](duration * second, seed)
    count = np.asarray(spikes.count[:])
    n_exc = names["N_exc"]
    return {
        "seed": seed,
        "synapses": int(n_synapses),
        "spikes": int(count.sum()),
        "rate_exc": round(float(count[:n_exc].mean() / duration), 4),
        "rate_inh": round(float(count[n_exc:].mean() / duration), 4),
    }


def record_hh_cell(names, duration, seed):
    """The f-I curve of hh_cell."""
    from brian2 import second

    _, current, spikes, _ = names["simulate"](duration * second, seed)
    rate = names["rates"](spikes, duration)
    return {
        "seed": seed,
        "spikes": int(spikes.num_spikes),
        "current": [round(float(c), 6) for c in current],
        "rate": [round(float(r), 4) for r in rate],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["cuba", "cobahh", "brunel", "hh_cell"])
    parser.add_argument("--duration", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--target", default="cython")
    args = parser.parse_args()
    from brian2 import __version__, prefs

    prefs.codegen.target = args.target
    names = load(args.name)
    one = record_hh_cell if args.name == "hh_cell" else record
    runs = [one(names, args.duration, seed) for seed in range(1, args.seeds + 1)]
    result = {
        "simulator": f"Brian {__version__}",
        "command": " ".join(["record_brian.py", *sys.argv[1:]]),
        "model": args.name,
        "duration": args.duration,
        "runs": runs,
    }
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
