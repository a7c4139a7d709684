"""What this machine makes of the example networks: one line for each."""

from __future__ import annotations

import time
from typing import Any

from rheobase.cli.examples import load_example
from rheobase.model.monitors import SpikeMonitor
from rheobase.model.neurongroup import NeuronGroup
from rheobase.network import Network
from rheobase.records import record
from rheobase.units import second

__all__ = ["MODELS", "Timing", "time_example"]

MODELS = ("cuba", "cobahh", "brunel")


@record
class Timing:
    """One run of an example.

    build        s, from nothing to a connected network
    compile      s, native code: made, or found in the cache
    run          s, the native loop
    duration     s of biological time
    n_cells, n_synapses
    rate         Hz, mean of all cells
    """

    name: str
    build: float
    compile: float
    run: float
    duration: float
    n_cells: int
    n_synapses: int
    rate: float

    @property
    def factor(self) -> float:
        """Real time for a second of biological time."""
        return self.run / self.duration


def time_example(name: str, duration: float) -> Timing:
    """Build and run an example once.

    duration   s of biological time
    """
    example = load_example(name)
    began = time.perf_counter()
    results: Any = example.simulate(duration * second, 1)
    total = time.perf_counter() - began
    net: Network = results[0]
    report = net.last_run
    assert report is not None
    spikes = next(x for x in results if isinstance(x, SpikeMonitor))
    n_cells = sum(len(x) for x in net.objects if isinstance(x, NeuronGroup))
    return Timing(
        name=name,
        build=total - report.total_seconds,
        compile=report.compile_seconds,
        run=report.native_seconds,
        duration=duration,
        n_cells=n_cells,
        n_synapses=int(results[-1]),
        rate=spikes.num_spikes / n_cells / duration,
    )
