"""Time connect(p=...) beside a C loop with geometric gaps, and measure the peak memory of both.

    python benchmarks/connect.py [--repeat 5] [--sizes brunel large]

brunel is 12.5 million synapses by p = 0.1, large 10^8 by p = 0.01 from 10^5 to 10^5 neurons.
Each side runs in a process of its own, in turns. What is timed is the processor time of the call
alone; the kernel has been compiled before, by a small call. `memory` is the growth of the peak of
the process during the call, and that over the bytes that the connections take afterwards: targets
and row pointers.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time

from child import memory
from sides import build, call_json

SIZES = {"brunel": (11180, 11180, 0.1), "large": (100_000, 100_000, 0.01)}


def connect(n_source, n_target, p, seed):
    """One call in this process."""
    import rheobase as rb

    rb.BrianLogger.log_level_error()
    rb.seed(seed)

    def synapses(n, m):
        return rb.Synapses(rb.NeuronGroup(n, "v : 1"), rb.NeuronGroup(m, "v : 1"))

    synapses(50, 50).connect(p=p)
    S = synapses(n_source, n_target)
    before, began = memory("VmHWM"), time.process_time()
    S.connect(p=p)
    seconds, growth = time.process_time() - began, memory("VmHWM") - before
    slots = (S._connections.targets, S._connections.rows)
    return {
        "synapses": len(S),
        "seconds": seconds,
        "growth_bytes": growth,
        "final_bytes": sum(s.data.nbytes for s in slots),
    }


def compare(name, args, cache):
    """The lines that are printed for one size."""
    binary = build("connect", args.cc, args.cflags)
    size = [str(x) for x in SIZES[name]]
    env = {**os.environ, "RHEOBASE_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"}
    c, ours = [], []
    for k in range(args.repeat):
        seed = str(args.seed + k)
        c.append(call_json([binary, *size, seed]))
        ours.append(call_json([sys.executable, __file__, "--child", *size, seed], env))
    ratios = [r["seconds"] / q["seconds"] for r, q in zip(ours, c, strict=True)]
    lines = [f"{name}: {SIZES[name][0]} x {SIZES[name][1]}, p = {SIZES[name][2]}, {len(c)} pairs"]
    final = ours[0]["final_bytes"]
    for side, runs in (("C", c), ("rheobase", ours)):
        seconds = statistics.median(r["seconds"] for r in runs)
        n = runs[0]["synapses"]
        growth = statistics.median(r["growth_bytes"] for r in runs)
        lines.append(
            f"  {side:9} {n:10} synapses  {seconds:.3f} s  {1e9 * seconds / n:5.2f} ns each  "
            f"memory {growth / 1e6:.1f} MB, {growth / final:.2f} of the final size"
        )
    lines.append(f"  ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--cflags", default="-O3 -march=native")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        n, m, p, seed = args.child
        print(json.dumps(connect(int(n), int(m), float(p), int(seed))))
        return
    with tempfile.TemporaryDirectory(prefix="rheobase-bench-") as cache:
        for name in args.sizes:
            print("\n".join(compare(name, args, cache)), flush=True)


if __name__ == "__main__":
    main()
