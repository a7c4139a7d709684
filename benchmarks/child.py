"""One run of a model with rheobase or Brian 2 in a process of its own; prints one line of JSON.

    python benchmarks/child.py SIDE MODEL [--size N] [--duration S] [--seed K] [--threads T]

SIDE is rheobase, brian (runtime, Cython) or standalone (C++; built and run in --folder). A model
is models/MODEL/rheobase.py; Brian 2 gets the same text, but for its import line.

With --memory, a network of 200 cells runs first, so that what the process grows by afterwards is
the network, and not the compiler.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent


def load(model, package):
    """The module of a model, with `package` imported in the place of rheobase.

    What models/MODEL/brian.py defines takes the place of that in other packages than rheobase.
    """
    module = ModuleType(f"{model}_{package}")
    folder = HERE / "models" / model
    for path in (folder / "rheobase.py", folder / "brian.py"):
        if path.name == "brian.py" and (package == "rheobase" or not path.exists()):
            continue
        text = path.read_text(encoding="utf-8")
        text = text.replace("from rheobase import *", f"from {package} import *")
        exec(compile(text, str(path), "exec"), vars(module))
    return module


def load_nest(model):
    """The module models/MODEL/nest.py."""
    path = HERE / "models" / model / "nest.py"
    module = ModuleType(f"{model}_nest")
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
    return module


def memory(field):
    """Bytes: VmRSS, what the process holds now, or VmHWM, the most it has held."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith(field))


def forget_peak():
    """VmHWM counts from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def rates(populations, duration):
    """Hz of each population: {name: (monitor, first cell, end)}."""
    return {
        name: float(spikes.count[first:end].mean() / duration)
        for name, (spikes, first, end) in populations.items()
    }


def events(populations, synapses):
    """How many synapses the spikes have reached that a monitor has seen."""
    spikes = next(iter(populations.values()))[0]
    total = 0
    for S in synapses:
        if getattr(S.source, "source", S.source) is spikes.source:
            out = S._connections.rows.data[1:] - S._connections.rows.data[:-1]
            first = getattr(S.source, "start", 0)
            total += int(spikes.count[first : first + len(out)] @ out)
    return total


def run_rheobase(args):
    import rheobase

    module = load(args.model, "rheobase")
    rheobase.prefs.core.threads = args.threads
    if args.memory:
        net, *_ = module.build(200)
        net.run(1 * rheobase.ms, namespace=vars(module))
        net = None
        forget_peak()
    before = memory("VmRSS") if args.memory else 0
    began = time.perf_counter()
    rheobase.seed(args.seed)
    net, populations, synapses = module.build(args.size)
    built = time.perf_counter()
    peak_of_build, after_build = memory("VmHWM") - before, memory("VmRSS") - before
    net.run(args.duration * rheobase.second, namespace=vars(module))
    cost = net.last_run
    return {
        "synapses": sum(len(s) for s in synapses),
        "build_seconds": built - began,
        "prepare_seconds": cost.prepare_seconds,
        "compile_seconds": cost.compile_seconds,
        "loop_seconds": cost.native_seconds,
        "rates": rates(populations, args.duration),
        "events": events(populations, synapses),
        "built_bytes": after_build,
        "built_peak_bytes": peak_of_build,
        "grown_bytes": memory("VmRSS") - before,
        "grown_peak_bytes": memory("VmHWM") - before,
    }


def run_brian(args):
    """Runtime mode: a run of one step compiles; what the next run takes is the loop."""
    import brian2

    brian2.prefs.codegen.target = "cython"
    module = load(args.model, "brian2")
    brian2.seed(args.seed)
    began = time.perf_counter()
    net, populations, synapses = module.build(args.size)
    net.run(0.1 * brian2.ms, namespace=vars(module))
    built = time.perf_counter()
    net.run((args.duration - 1e-4) * brian2.second, namespace=vars(module))
    return {
        "synapses": sum(len(s) for s in synapses),
        "build_seconds": built - began,
        "loop_seconds": time.perf_counter() - built,
        "rates": rates(populations, args.duration),
    }


def run_standalone(args):
    """Builds the C++ program in args.folder and runs it once; `main` is there for more runs."""
    import brian2

    brian2.set_device("cpp_standalone", directory=args.folder, build_on_run=True)
    brian2.prefs.devices.cpp_standalone.openmp_threads = args.threads if args.threads > 1 else 0
    module = load(args.model, "brian2")
    brian2.seed(args.seed)
    began = time.perf_counter()
    net, populations, synapses = module.build(args.size)
    net.run(args.duration * brian2.second, namespace=vars(module))
    return {
        "synapses": sum(len(s) for s in synapses),
        "build_seconds": time.perf_counter() - began,
        "loop_seconds": brian2.device._last_run_time,
        "rates": rates(populations, args.duration),
    }


RUNS = {"rheobase": run_rheobase, "brian": run_brian, "standalone": run_standalone}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("side", choices=RUNS)
    parser.add_argument("model")
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--duration", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", help="where a C++ program is built")
    parser.add_argument("--memory", action="store_true")
    args = parser.parse_args()
    sys.stdout.flush()
    result = RUNS[args.side](args)
    print(json.dumps({"peak_rss_bytes": memory("VmHWM"), **result}))


if __name__ == "__main__":
    main()
