"""Time rheobase beside plain C programs of the same models.

    python benchmarks/run.py [cuba cobahh brunel] [--repeat 3] [--duration S] [--json FILE]

Builds benchmarks/c/MODEL.c with `cc -O3 -march=native` (change it with --cc and --cflags), runs
the C program and examples/MODEL.py in turns, each in a process of its own on one thread, and
prints medians. The first rheobase run starts with an empty cache of compiled code.

What is timed: `loop` is the simulation alone, without building the network, compiling and
reporting; `build` makes neurons and synapses. Both sides integrate the same equations by the same
method, draw their own random connections and keep the neuron and time of every spike; rheobase
records the population rate as well. Rates agree within what differs between two seeds.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = ("cuba", "cobahh", "brunel")


def build(model, cc, cflags):
    """Compile the C program of a model; returns the path of the binary."""
    binary = HERE / "bin" / model
    binary.parent.mkdir(exist_ok=True)
    source = HERE / "c" / f"{model}.c"
    subprocess.run([cc, *shlex.split(cflags), "-o", binary, source, "-lm"], check=True)
    return binary


def call(command, env=None):
    """Run a program that prints one line of JSON; adds its wall time as process_seconds."""
    began = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    wall = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return {**json.loads(done.stdout.splitlines()[-1]), "process_seconds": wall}


def measure(model, args, cache):
    """All runs of one model: {"c": [...], "rheobase": [...], "memory": {...}}."""
    binary = build(model, args.cc, args.cflags)
    env = {**os.environ, "RHEOBASE_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"}
    runs = {"c": [], "rheobase": []}
    child = [sys.executable, HERE / "child.py", model]
    for k in range(args.repeat):
        options = ["--duration", str(args.duration), "--seed", str(args.seed + k)]
        runs["c"].append(call([binary, *options]))
        runs["rheobase"].append(call([*child, *options], env))
    options = ["--duration", str(args.duration), "--seed", str(args.seed)]
    runs["memory"] = call([*child, *options, "--memory"], env)
    return runs


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def table(model, runs):
    """The lines that are printed for one model."""
    c, rb, memory = runs["c"], runs["rheobase"], runs["memory"]
    ratio = median(rb, "loop_seconds") / median(c, "loop_seconds")
    pairs = [r["loop_seconds"] / p["loop_seconds"] for r, p in zip(rb, c, strict=True)]
    warm = rb[1:] or rb
    lines = [
        f"{model}: {c[0]['duration']:g} s, {len(c)} runs, seeds {c[0]['seed']} to {c[-1]['seed']}",
        f"  {'':34}{'C':>12}{'rheobase':>12}",
    ]

    def row(label, left, right):
        lines.append(f"  {label:34}{left:>12}{right:>12}")

    def both(label, key, form):
        row(label, form.format(median(c, key)), form.format(median(rb, key)))

    both("loop (s)", "loop_seconds", "{:.4f}")
    row("  ratio of the medians", "", f"{ratio:.2f}")
    row("  ratios of the pairs", "", f"{min(pairs):.2f}-{max(pairs):.2f}")
    both("build, compiling included (s)", "build_seconds", "{:.4f}")
    row("compile, empty cache (s)", "", f"{rb[0]['compile_seconds']:.4f}")
    row("compile, warm cache (s)", "", f"{median(warm, 'compile_seconds'):.4f}")
    row("prepare (s)", "", f"{median(rb, 'prepare_seconds'):.4f}")
    row("process, empty cache (s)", "", f"{rb[0]['process_seconds']:.3f}")
    row(
        "process, warm cache (s)",
        f"{median(c, 'process_seconds'):.3f}",
        f"{median(warm, 'process_seconds'):.3f}",
    )
    both("spikes", "spikes", "{:.0f}")
    both("excitatory rate (Hz)", "rate_exc", "{:.2f}")
    both("inhibitory rate (Hz)", "rate_inh", "{:.2f}")
    both("synapses", "synapses", "{:.0f}")
    row(
        "peak memory (MB)",
        f"{median(c, 'peak_rss_bytes') / 1e6:.1f}",
        f"{median(rb, 'peak_rss_bytes') / 1e6:.1f}",
    )
    row(
        "bytes per synapse, in all",
        f"{median(c, 'peak_rss_bytes') / c[0]['synapses']:.1f}",
        f"{memory['growth_bytes'] / memory['synapses']:.1f}",
    )
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--duration", type=float, default=1.0, help="s of biological time")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; then +1 each")
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--cflags", default="-O3 -march=native")
    parser.add_argument("--json", type=Path, help="also write every run to this file")
    args = parser.parse_args()
    unknown = sorted(set(args.models) - set(MODELS))
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; there are {', '.join(MODELS)}")
    if args.repeat < 1:
        parser.error("--repeat must be at least 1")

    everything = {}
    for model in args.models:
        with tempfile.TemporaryDirectory(prefix="rheobase-bench-") as cache:
            everything[model] = measure(model, args, cache)
        print("\n".join(table(model, everything[model])), flush=True)
    if args.json:
        args.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
