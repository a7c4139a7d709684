"""One benchmark run of rheobase in a process of its own; prints one line of JSON.

    python benchmarks/child.py MODEL [--duration S] [--seed K] [--memory]

The model is examples/MODEL.py. With --memory, a network of 50 neurons runs first, so that the
growth of the peak memory afterwards is that of the network and not of the compiler.
"""

import argparse
import importlib.util
import json
import resource
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def peak_rss():
    """Bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def warm_up(example):
    """Run a small network of the same model."""
    from rheobase import ms

    sizes = example.N_exc, example.N_inh
    example.N_exc, example.N_inh = 40, 10
    example.simulate(1 * ms, 1)
    example.N_exc, example.N_inh = sizes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--duration", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", action="store_true")
    args = parser.parse_args()

    example = load(args.model)
    from rheobase import second

    if args.memory:
        warm_up(example)
    before = peak_rss()
    began = time.perf_counter()
    net, spikes, _, n_synapses = example.simulate(args.duration * second, args.seed)
    wall = time.perf_counter() - began
    cost = net.last_run
    count = spikes.count[:]
    result = {
        "model": args.model,
        "duration": args.duration,
        "seed": args.seed,
        "synapses": int(n_synapses),
        "loop_seconds": cost.native_seconds,
        "compile_seconds": cost.compile_seconds,
        "prepare_seconds": cost.prepare_seconds,
        "build_seconds": wall - cost.native_seconds - cost.compile_seconds - cost.prepare_seconds,
        "spikes": int(count.sum()),
        "rate_exc": float(count[: example.N_exc].mean() / args.duration),
        "rate_inh": float(count[example.N_exc :].mean() / args.duration),
        "peak_rss_bytes": peak_rss(),
        "growth_bytes": peak_rss() - before,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
