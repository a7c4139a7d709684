"""Recording to disk: a thousand million numbers, with the memory that it takes.

    python benchmarks/stream.py                 # 10**9 samples: some minutes, 10 GB of disk
    python benchmarks/stream.py --samples 1e7

Prints the peak of the process's memory before and after, the size of the store, the time, and
compares samples with the closed form of what was recorded.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import rheobase as rb
from rheobase import Network, NeuronGroup, SpikeMonitor, StateMonitor, ms, second


def peak() -> float:
    """MiB, the most that this process has ever had in memory."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=float, default=1e9)
    parser.add_argument("--cells", type=int, default=1000)
    options = parser.parse_args()
    cells = NeuronGroup(
        options.cells,
        "dv/dt = rate : 1\nrate : Hz (constant)",
        threshold="t_in_timesteps % 100 == i % 100",
        reset="",
        method="euler",
    )
    cells.rate = "(1 + i/N)*Hz"
    with tempfile.TemporaryDirectory() as folder:
        states = StateMonitor(cells, "v", True, stream=folder, name="states")
        spikes = SpikeMonitor(cells, stream=folder, name="spikes")
        net = Network(cells, states, spikes)
        net.run(1 * ms)
        states.v[0]  # the library for reading is loaded
        steps = round(options.samples / options.cells) - 10
        before, began = peak(), time.perf_counter()
        net.run(steps * 1e-4 * second)
        seconds, after = time.perf_counter() - began, peak()
        size = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())
        n = states.N
        print(f"{n * options.cells:.3g} samples and {spikes.N:.3g} spikes in {seconds:.1f} s")
        print(f"peak memory before {before:.0f} MiB, after {after:.0f} MiB")
        print(f"{size / 2**20:.0f} MiB on disk")
        draw = np.random.default_rng(1)
        for k in draw.integers(0, n, 20):
            expected = k * 1e-4 * (1 + np.arange(options.cells) / options.cells)
            np.testing.assert_allclose(np.asarray(states.v[:, int(k)]), expected, rtol=1e-9)
        print("20 times read back and compared")


if __name__ == "__main__":
    rb.defaultclock.dt = 0.1 * ms
    main()
