"""Bytes a synapse takes while a network runs: as announced by a dry run, and as the system counts.

    python benchmarks/memory.py [--neurons 10000] [--synapses 1e7] [--models common weight stdp]

Each model runs in a process of its own: a small network of the same model first, so that the
compiler and all libraries are there; then the resident memory before the large network is made and
during its last step. The difference, over the number of synapses, is what a synapse takes: its
place in the rows of both sides, its variables, the row pointers, its share of the neurons.
`peak` is the growth of the peak until then, over the same number. Linux only (/proc).
"""

import argparse
import gc
import json
import subprocess
import sys
from pathlib import Path

STDP = {
    "model": """w : 1
                dapre/dt = -apre/(20*ms) : 1 (event-driven)
                dapost/dt = -apost/(20*ms) : 1 (event-driven)""",
    "on_pre": "ge_post += w; apre += 0.01; w = clip(w + apost, 0, 1)",
    "on_post": "apost -= 0.01; w = clip(w + apre, 0, 1)",
}
MODELS = {
    "common": {"on_pre": "ge_post += 0.1"},
    "weight": {"model": "w : 1", "on_pre": "ge_post += w"},
    "stdp": STDP,
}


def status(key):
    """Bytes of a line of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(key + ":"))


def unconnected(rb, model, neurons):
    """A group, and synapses within it that have yet to be made."""
    cells = rb.NeuronGroup(neurons, "dge/dt = -ge/(5*ms) : 1", threshold="rand() < 0.002", reset="")
    return cells, rb.Synapses(cells, cells, **MODELS[model])


def network(rb, model, neurons, p, at_end):
    """Run a network; `at_end` is called in its last step. Returns the synapses."""
    cells, S = unconnected(rb, model, neurons)
    S.connect(p=p)
    if "w" in S.variables:
        S.w = 0.5
    look = rb.NetworkOperation(lambda t: at_end() if t > 0.85 * rb.ms else None, when="end")
    rb.Network(cells, S, look).run(1 * rb.ms)
    return S


def measure(model, neurons, synapses):
    """One model in this process."""
    import rheobase as rb

    rb.BrianLogger.log_level_error()
    rb.seed(1)
    network(rb, model, 100, 0.1, lambda: None)
    p = min(synapses / neurons**2, 1.0)
    announced = unconnected(rb, model, neurons)[1].connect(p=p, dry_run=True)
    gc.collect()
    before, peak_before, seen = status("VmRSS"), status("VmHWM"), []
    S = network(rb, model, neurons, p, lambda: seen.append((status("VmRSS"), status("VmHWM"))))
    resident, peak = seen[-1]
    return {
        "synapses": len(S),
        "announced": announced.bytes_each,
        "resident": (resident - before) / len(S),
        "peak": (peak - peak_before) / len(S),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--synapses", type=float, default=1e7)
    parser.add_argument("--models", nargs="*", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(measure(args.child, args.neurons, args.synapses)))
        return
    print(f"{args.neurons} neurons, bytes a synapse")
    for model in args.models:
        sizes = ["--neurons", str(args.neurons), "--synapses", str(args.synapses)]
        command = [sys.executable, __file__, "--child", model, *sizes]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        print(
            f"  {model:7} {found['synapses']:10} synapses  announced {found['announced']:6.3f}  "
            f"resident {found['resident']:6.3f}  peak {found['peak']:6.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
