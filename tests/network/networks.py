"""Random small networks for the tests of checkpoints, and a process that runs a part of one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import rheobase as rb
from rheobase import Network, NeuronGroup, PoissonGroup, SpikeMonitor, StateMonitor, Synapses, ms

STEP = 1e-4 * rb.second


def build(choice: int) -> Network:
    """A network whose structure, numbers and random draws follow from one number."""
    draw = np.random.default_rng(choice)
    rb.seed(choice)
    n = int(draw.integers(2, 12))
    noise = " + 0.3*xi*(5*ms)**-0.5" if draw.random() < 0.5 else ""
    refractory: Any = ["v > 2", 1 * ms, "2*ms*rand()"][draw.integers(3)]
    cells = NeuronGroup(
        n,
        f"dv/dt = (I - v)/(5*ms){noise} : 1 (unless refractory)\nI : 1",
        threshold="v > 1",
        reset="v = 0; I += 0.01*randn()",
        refractory=refractory,
        method="euler",
        name="cells",
    )
    cells.v, cells.I = "rand()", "1.5 + rand()"
    inputs = PoissonGroup(
        5, rates=300 * rb.Hz, name="inputs", dt=[None, 2 * STEP][draw.integers(2)]
    )
    synapses = Synapses(
        cells,
        cells,
        "w : 1\ndtrace/dt = -trace/(10*ms) : 1 (event-driven)",
        on_pre={"up": "v_post += w; trace += 1", "down": "I_post -= 0.1*w"},
        on_post="w = clip(w + 0.01*trace, 0, 1)",
        name="synapses",
    )
    if draw.random() < 0.5:
        synapses.connect(p=0.5)
    else:
        k = int(draw.integers(1, 20))
        synapses.connect(i=draw.integers(0, n, k), j=draw.integers(0, n, k))
    synapses.w = "0.2*rand()"
    delay = ["rand()*3*ms", "1.5*ms", "0*ms"][draw.integers(3)]
    synapses.up.delay = delay
    feed = Synapses(inputs, cells, on_pre="v_post += 0.2", delay=1 * ms, name="feed")
    feed.connect(p=0.7)
    return Network(
        cells,
        inputs,
        synapses,
        feed,
        SpikeMonitor(cells, name="spikes"),
        SpikeMonitor(inputs, name="input_spikes"),
        StateMonitor(cells, "v", record=True, dt=3 * STEP, name="trace"),
    )


def result(net: Network) -> dict[str, Any]:
    """Everything that a run has made."""
    cells, synapses, trace = net["cells"], net["synapses"], net["trace"]
    found: dict[str, Any] = {f"cells.{k}": cells.state(k, False)[:].copy() for k in ("v", "I")}
    if "lastspike" in cells.variables:
        found["cells.lastspike"] = cells.lastspike_[:].copy()
    found |= {f"synapses.{k}": np.array(getattr(synapses, k + "_")) for k in ("w", "trace")}
    for name in ("spikes", "input_spikes"):
        found |= {f"{name}.i": net[name].i[:], f"{name}.t": net[name].t_[:]}
    return found | {"trace.t": trace.t_[:], "trace.v": trace.v_[:], "t": np.array(net.t_)}


def main(choice: str, steps: str, name: str, backend: str, before: str, after: str) -> None:
    """Go on from checkpoint `before` ('-': from the beginning), and store `after`."""
    rb.set_backend(backend)
    net = build(int(choice))
    if before != "-":
        net.restore(name, filename=before, restore_random_state=True)
    net.run(int(steps) * STEP)
    net.store(name, filename=after)


if __name__ == "__main__":
    main(*sys.argv[1:])
