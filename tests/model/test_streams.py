"""Monitors that record to disk, against the same monitors in memory."""

import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    EventMonitor,
    ModelValueError,
    Network,
    NeuronGroup,
    PoissonGroup,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    open_recordings,
)
from rheobase.model.monitors import streams
from rheobase.units.dimensions import DIMENSIONLESS

zarr = pytest.importorskip("zarr")

# where only the store is looked at: both backends fill it alike, which the first test sees
ON_NATIVE = pytest.mark.parametrize("backend", ["llvm"], indirect=True)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of 32 numbers: every run below fills many."""
    monkeypatch.setattr(streams, "CHUNK", 256)


def build(folder):
    """A network, with each monitor in memory and on disk."""
    rb.seed(4)
    cells = NeuronGroup(
        6,
        "dv/dt = (2*mV - v)/(5*ms) + 0.5*mV*xi*ms**-0.5 : volt\nn : integer\ng : 1 (shared)",
        threshold="v > 1*mV",
        reset="v = 0*mV; n += 1",
        events={"low": "v < 0*mV"},
        method="euler",
        name="cells",
    )
    cells.g = 3
    inputs = PoissonGroup(20, 500 * rb.Hz, name="inputs")
    feed = Synapses(inputs, cells, "w : volt", on_pre="v += w; w += 0.01*mV", name="feed")
    feed.connect(p=0.5)
    pairs = {}
    for where, stream in (("memory", {}), ("disk", {"stream": folder})):
        pairs[where] = [
            SpikeMonitor(cells, ["v", "n"], name=f"spikes_{where}", **stream),
            EventMonitor(cells, "low", name=f"low_{where}", **stream),
            SpikeMonitor(inputs[3:7], name=f"inputs_{where}", **stream),
            StateMonitor(cells, ["v", "n", "g"], True, name=f"states_{where}", **stream),
            StateMonitor(feed, "w", [5, 1], dt=0.3 * ms, name=f"weights_{where}", **stream),
            StateMonitor(cells, "v", 2, dtype=np.float32, name=f"single_{where}", **stream),
            PopulationRateMonitor(inputs, name=f"rate_{where}", **stream),
        ]
    return Network(cells, inputs, feed, pairs), pairs["memory"], pairs["disk"]


def assert_equal(memory, disk):
    for a, b in zip(memory, disk, strict=True):
        assert a.N == b.N > 0
        for name in a.variables:
            for suffix in ("", "_"):
                expected, found = getattr(a, name + suffix), getattr(b, name + suffix)
                assert np.shape(found) == np.shape(expected)
                assert found.dtype == expected.dtype
                assert found.dim is getattr(expected, "dim", DIMENSIONLESS)
                assert_array_equal(found[:], expected[:], err_msg=name)


def test_what_is_on_disk_is_what_is_in_memory(tmp_path):
    net, memory, disk = build(tmp_path)
    for duration in (6, 0.1, 0, 3.3):
        net.run(duration * ms)
    assert_equal(memory, disk)
    spikes, states = disk[0], disk[3]
    assert_array_equal(spikes.count, memory[0].count)
    for k, times in memory[0].spike_trains().items():
        assert_array_equal(spikes.spike_trains()[k], times)
    assert_array_equal(spikes.binned_rate(1 * ms)[1], memory[0].binned_rate(1 * ms)[1])
    smooth = [m[6].smooth_rate("flat", 1 * ms) for m in (memory, disk)]
    assert_array_equal(*smooth)
    assert_array_equal(states[[4, 1]].v, memory[3][[4, 1]].v)
    assert states.v.unit == rb.volt
    assert_array_equal(states.get_states()["v"], memory[3].get_states()["v"])
    assert states.get_states(units=False, format="pandas").equals(
        memory[3].get_states(units=False, format="pandas")
    )


ITEMS = [
    *((1, 3), (0, -1)),
    *(3, -1, slice(2, 5), (slice(None), -1), (2, slice(None, None, 7))),
    *((slice(None, None, -1), 0), ([4, 0, 4], slice(-5, None)), (slice(1, 3), slice(9, 2))),
    *((np.arange(6) > 3, 4), (Ellipsis, 5), (slice(4, None), [3, 1]), ([2], slice(8, 0, -3))),
]


@ON_NATIVE
def test_only_what_an_index_asks_for_is_read_and_it_is_what_numpy_would_give(tmp_path):
    net, memory, disk = build(tmp_path)
    net.run(5 * ms)
    for item in ITEMS:
        for name in ("v", "n", "g"):
            found, expected = getattr(disk[3], name)[item], getattr(memory[3], name)[item]
            assert_array_equal(found, expected, str(item))
        assert disk[3].v[item].dim is rb.volt.dim
    assert isinstance(disk[3].v, rb.model.lazy.Lazy)


@ON_NATIVE
def test_values_on_disk_calculate_with_units(tmp_path):
    net, memory, disk = build(tmp_path)
    net.run(5 * ms)
    assert_array_equal(disk[3].t / ms, memory[3].t / ms)
    assert_array_equal(np.mean(disk[3].v, axis=0), np.mean(memory[3].v, axis=0))
    assert np.mean(disk[3].v).dim is rb.volt.dim
    assert_array_equal(disk[0].t[disk[0].i == 2], memory[0].t[memory[0].i == 2])


@ON_NATIVE
def test_another_process_reads_it_without_rheobase(tmp_path):
    net, memory, _ = build(tmp_path)
    net.run(5 * ms)
    group = zarr.open_group(tmp_path / "states_disk", mode="r")
    assert group.attrs["format"] == "rheobase recording"
    assert_array_equal(group["v"][:], np.asarray(memory[3].v).T)
    assert group["v"].metadata.dimension_names == ("time", "element")
    assert group["v"].attrs["unit"] == "volt"
    recording = open_recordings(tmp_path)["weights_disk"]
    assert recording.source == "feed"
    assert recording.monitor == "StateMonitor"
    assert_array_equal(recording.indices, [5, 1])
    assert_array_equal(recording.w, memory[4].w)
    assert recording.w.unit == rb.volt
    with pytest.raises(AttributeError, match="has no 'v'"):
        recording.v  # noqa: B018


@ON_NATIVE
def test_xarray_opens_it(tmp_path):
    xarray = pytest.importorskip("xarray")
    net, memory, _ = build(tmp_path)
    net.run(5 * ms)
    data = xarray.open_zarr(tmp_path, group="states_disk", consolidated=False)
    assert data.v.dims == ("time", "element")
    assert_array_equal(data.v, np.asarray(memory[3].v).T)


def test_it_is_read_while_the_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "PERIOD", 0.0)
    cells = NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler")
    monitor = StateMonitor(cells, "v", True, stream=tmp_path, name="trace")
    seen = []

    @rb.network_operation(dt=1 * ms)
    def look():
        time.sleep(0.03)  # longer than a slice of native code
        if (tmp_path / "trace").exists():
            recording = open_recordings(tmp_path)["trace"]
            n = recording.N
            seen.append(n)
            assert_allclose(recording.v[0, :n], np.arange(n) * 0.1, rtol=1e-12)

    rb.Network(cells, monitor, look).run(10 * ms)
    assert seen == sorted(seen)
    assert len(set(seen)) > 5


@ON_NATIVE
def test_a_store_is_continued_after_a_checkpoint_and_replaced_without(tmp_path):
    net, memory, disk = build(tmp_path)
    net.run(5.2 * ms)
    net.store(filename=tmp_path / "checkpoint")
    net.store()
    net.run(3 * ms)
    expected = [m.t_ for m in memory]
    net.restore(restore_random_state=True)  # what was recorded since goes, from the disk, too
    assert len(disk[3].t) == 52
    net.run(3 * ms)
    assert_equal(memory, disk)
    for m, t in zip(memory, expected):
        assert_array_equal(m.t_, t)
    del net, memory, disk
    net, memory, disk = build(tmp_path)
    net.restore(filename=tmp_path / "checkpoint", restore_random_state=True)
    net.run(3 * ms)
    assert_equal(memory, disk)
    for m, t in zip(memory, expected):
        assert_array_equal(m.t_, t)
    del net, memory, disk
    net, _, disk = build(tmp_path)
    net.run(1 * ms)
    assert disk[3].N == 10


@ON_NATIVE
def test_nothing_but_a_recording_is_ever_replaced(tmp_path):
    cells = NeuronGroup(1, "v : 1", name="cells")
    (tmp_path / "trace").mkdir()
    (tmp_path / "trace" / "thesis.tex").write_text("years of work")
    monitor = StateMonitor(cells, "v", True, stream=tmp_path, name="trace")
    with pytest.raises(ModelValueError, match="exists and is no recording"):
        Network(cells, monitor).run(1 * ms)
    assert (tmp_path / "trace" / "thesis.tex").exists()
    other = StateMonitor(cells, "v", True, stream=tmp_path / "trace" / "thesis.tex")
    with pytest.raises(ModelValueError, match="is a file; a store is a folder"):
        Network(cells, other).run(1 * ms)
    with pytest.raises(ModelValueError, match="record=False leaves nothing to stream"):
        SpikeMonitor(PoissonGroup(1, 1 * rb.Hz), record=False, stream=tmp_path)
    with pytest.raises(FileNotFoundError):
        open_recordings(tmp_path / "nothing")


@ON_NATIVE
def test_a_checkpoint_whose_recording_is_gone_says_so(tmp_path):
    cells = NeuronGroup(1, "v : 1", name="cells")
    monitor = StateMonitor(cells, "v", True, stream=tmp_path / "a", name="trace")
    net = Network(cells, monitor)
    net.run(1 * ms)
    net.store(filename=tmp_path / "checkpoint")
    (tmp_path / "a").rename(tmp_path / "b")
    with pytest.raises(ModelValueError, match=r"is gone, which this run continues"):
        net.restore(filename=tmp_path / "checkpoint")


KILLED = """
import sys
import rheobase as rb
from rheobase import *
cells = NeuronGroup(3, 'dv/dt = 1/second : 1', threshold='t_in_timesteps % 10 == 0', reset='',
                    method='euler', name='cells')
states = StateMonitor(cells, 'v', True, stream=sys.argv[1], name='states')
spikes = SpikeMonitor(cells, stream=sys.argv[1], name='spikes')
run(100000*second)
"""


@ON_NATIVE
def test_chunks_are_written_one_after_the_other(tmp_path, monkeypatch):
    """Else a killed process could leave times behind a gap."""
    inputs = PoissonGroup(100, 5 * rb.kHz)
    spikes = SpikeMonitor(inputs, stream=tmp_path, name="spikes")
    written = []
    setitem = zarr.Array.__setitem__

    def note(array, rows, values):
        if array.name.endswith("/t"):
            written.append((rows.start // 32, (rows.stop - 1) // 32))
        setitem(array, rows, values)

    monkeypatch.setattr(zarr.Array, "__setitem__", note)
    Network(inputs, spikes).run(5 * ms)
    assert spikes.N > 1000
    assert all(first == last for first, last in written)
    assert [first for first, _ in written] == sorted(first for first, _ in written)
    assert len({first for first, _ in written}) >= spikes.N // 32


@ON_NATIVE
def test_a_recording_outlives_kill_9(tmp_path, backend):
    """Killed at some point of the run; all entries that are there are right."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)
        if all((tmp_path / name / "t" / "c" / "0").exists() for name in ("states", "spikes")):
            time.sleep(0.1)
            break
    assert process.poll() is None
    process.kill()
    process.wait()
    recordings = open_recordings(tmp_path)
    states, spikes = recordings["states"], recordings["spikes"]
    n = states.N
    assert n > 10_000
    assert_array_equal(np.asarray(states.t), np.arange(n) * 1e-4)
    assert states.v.shape == (3, n)
    v = states.v_[:]
    assert np.abs(v - np.arange(n) * 1e-4).max() < 1e-7
    assert spikes.N > 3000
    times = spikes.t_[:]
    assert_array_equal(np.round(times * 1e3), np.arange(len(times)) // 3)
    assert_array_equal(spikes.i[:], np.arange(len(times)) % 3)
