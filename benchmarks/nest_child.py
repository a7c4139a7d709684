"""One run of a model with NEST in a process of its own; prints one line of JSON.

    python benchmarks/nest_child.py MODEL --size N --duration S [--seed K] [--threads T]

A model is models/MODEL/nest.py, whose build(size) makes the network and returns its populations.
"""

import argparse
import json
import time

import nest
from child import load_nest, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--duration", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    nest.resolution = 0.1
    nest.local_num_threads = args.threads
    nest.rng_seed = args.seed
    nest.verbosity = nest.VerbosityLevel.ERROR
    began = time.perf_counter()
    module = load_nest(args.model)
    populations = module.build(args.size)
    recorders = {name: nest.Create("spike_recorder") for name in populations}
    for name, cells in populations.items():
        nest.Connect(cells, recorders[name])
    nest.Prepare()
    built, used = time.perf_counter(), time.process_time()
    nest.Run(1e3 * args.duration)
    ended, used = time.perf_counter(), time.process_time() - used
    rates = {
        name: recorders[name].n_events / (len(cells) * args.duration)
        for name, cells in populations.items()
    }
    result = {
        "synapses": nest.num_connections,
        "build_seconds": built - began,
        "loop_seconds": ended - built,
        "loop_cpu_seconds": used,
        "rates": rates,
        "peak_rss_bytes": memory("VmHWM"),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
