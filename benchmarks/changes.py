"""What it costs to remove and to make a few synapses in a step, at several numbers of synapses.

    python benchmarks/changes.py [--sizes 1e5 1e6 1e7] [--changes 10] [--kind own-delays]

The synapses have a weight and a pathway of each side; 1000 of them a source. --kind: `recorded`,
100 of them by a monitor; `own-delays`, each has one of 50 delays; `counted`, code uses N_incoming.
In every step, some five random ones are pruned and five grown. Two runs of different length are
timed, and the difference divided by that of their steps: what a run costs once (holding the rows
apart, putting them together again) is shown by itself. A second network changes in the first step
of each run only: what it takes for a step, looking at all synapses and at all sources, is
subtracted. Each is the best of three.
"""

from __future__ import annotations

import argparse
import time

import rheobase as rb
from rheobase import ms

SHORT, LONG = 20, 120  # steps
RUNS = [2, *[SHORT, LONG] * 3]
FIRST = [sum(RUNS[:k]) for k in range(len(RUNS))]  # steps in which runs begin


KINDS = ("plain", "recorded", "own-delays", "counted")


def network(n: int, changes: int, kind: str) -> rb.Network:
    """About n synapses, of which `changes` go and as many come in a step; 0: see above."""
    n_pre, n_post = max(n // 1000, 10), 10_000
    source = rb.NeuronGroup(n_pre, "x : 1", threshold="False")
    target = rb.NeuronGroup(n_post, "v : 1", threshold="False")
    model = "w : 1\nlast : integer"
    on_pre = "v_post += w/N_incoming" if kind == "counted" else "v_post += w"
    S = rb.Synapses(source, target, model, on_pre=on_pre, on_post="w += 0.1")
    S.connect(p=n / (n_pre * n_post))
    S.w = "rand()"
    S.last = f"int(rand()*{n / changes})" if changes else str(10**9)
    S.last[: len(FIRST)] = FIRST
    S.prune("last == t_in_timesteps")
    values = {"w": "rand()", "last": str(10**9)}
    if kind == "own-delays":
        S.delay = "int(rand()*50)*0.1*ms"
        values["delay"] = "int(rand()*50)*0.1*ms"
    S.grow(j=f"k for k in sample(N_post, p={changes / (n_pre * n_post)})", values=values)
    found = rb.Network(source, target, S)
    if kind == "recorded":
        found.add(rb.StateMonitor(S, "w", record=range(0, n // 2, n // 200)))
    return found


def seconds(net: rb.Network, steps: int) -> float:
    began = time.perf_counter()
    net.run(steps * 0.1 * ms)
    return time.perf_counter() - began


def measured(n: int, changes: int, kind: str) -> tuple[float, float]:
    """Seconds a step, and once a run."""
    net = network(n, changes, kind)
    times = [seconds(net, steps) for steps in RUNS]
    short, long = min(times[1::2]), min(times[2::2])
    step = (long - short) / (LONG - SHORT)
    return step, short - SHORT * step


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e5, 1e6, 1e7])
    parser.add_argument("--changes", type=int, default=5, help="that go, and that come, in a step")
    parser.add_argument("--kind", choices=KINDS, default="plain")
    args = parser.parse_args()
    rb.BrianLogger.log_level_error()
    print("synapses   looking, a step   changing, a step   a synapse that changes   once a run")
    for size in args.sizes:
        looking, _ = measured(int(size), 0, args.kind)
        step, once = measured(int(size), args.changes, args.kind)
        change = step - looking
        each = change / (2 * args.changes)
        print(
            f"{size:8.0e} {looking * 1e3:13.3f} ms {change * 1e3:15.3f} ms "
            f"{each * 1e6:17.1f} us {once * 1e3:17.0f} ms"
        )


if __name__ == "__main__":
    main()
