"""What has no events in a step is not called, and costs nothing but the look at their number."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import Network, NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, ms, prefs


@pytest.fixture
def native(backend):
    if backend != "llvm":
        pytest.skip("the reference makes every call")


def spent(net: Network, duration) -> dict[str, float]:
    """Seconds in the kernels of each object."""
    net.run(duration, profile=True)
    return {entry.name: float(entry.seconds) for entry in net.profile.entries}


def test_pathways_without_events_are_not_called(native):
    """Neuron 2 of 4 spikes once: delayed pathways from the other half are never called, nor is
    anything of a group that does not spike at all."""
    source = SpikeGeneratorGroup(4, [2], [0.5] * ms, name="source")
    cells = NeuronGroup(1, "x : 1", threshold="x > 100", reset="x = 0", name="cells")
    parts = []
    for k, part in enumerate((source[:2], source[2:])):
        for delay in (0.2, 0.7):
            name = f"from_{k}_{delay * 10:.0f}"
            synapses = Synapses(part, cells, on_pre="x_post += 1", delay=delay * ms, name=name)
            synapses.connect()
            parts.append(synapses)
    monitor = SpikeMonitor(cells, name="monitor")
    took = spent(Network(source, cells, monitor, *parts), 2 * ms)
    assert cells.x[0] == 2
    silent = {"from_0_2_pre", "from_0_7_pre", "monitor", "cells_spike_resetter"}
    assert {name for name in silent if took[name] > 0} == set()
    assert all(took[name] > 0 for name in ("from_1_2_pre", "from_1_7_pre"))


def test_events_of_parts_arrive_after_their_delays():
    """Pathways from overlapping parts of a group, on one thread and on two, against a count."""
    rng = np.random.default_rng(1)
    steps = np.sort(rng.integers(0, 200, 300))
    neurons = rng.integers(0, 10, 300)
    pairs = np.unique(np.stack([steps, neurons]), axis=1)
    for threads in (1, 2):
        prefs.core.threads = threads
        source = SpikeGeneratorGroup(10, pairs[1], (pairs[0] + 0.5) * 0.1 * ms)
        cells = NeuronGroup(3, "x : 1")
        net = Network(source, cells)
        for k, (first, end, delay) in enumerate(((0, 4, 3), (2, 9, 3), (5, 10, 12))):
            synapses = Synapses(
                source[first:end], cells, on_pre="x_post += 1", delay=delay * 0.1 * ms
            )
            synapses.connect(i=np.arange(end - first), j=k)
            net.add(synapses)
        net.run(10 * ms)
        net.store()
        net.run(5 * ms)
        wanted = []
        for first, end, delay in ((0, 4, 3), (2, 9, 3), (5, 10, 12)):
            inside = (pairs[1] >= first) & (pairs[1] < end) & (pairs[0] + delay < 150)
            wanted.append(np.count_nonzero(inside))
        assert cells.x[:].tolist() == wanted
        net.restore()  # with what was on its way
        net.run(5 * ms)
        assert cells.x[:].tolist() == wanted
