"""Results go out through the field's own packages, to files, and come back the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import (
    EventClock,
    Network,
    NeuronGroup,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    mV,
)
from rheobase.results import (
    describe,
    description_of,
    to_neo,
    to_nwb,
    to_pandas,
    to_xarray,
    write_nwb,
)


@dataclass
class Recorded:
    net: Network
    spikes: SpikeMonitor
    states: StateMonitor
    rates: PopulationRateMonitor
    odd: StateMonitor


@pytest.fixture
def recorded() -> Recorded:
    rb.start_scope()
    rb.seed(4)
    tau = 10 * ms
    G = NeuronGroup(
        4,
        "dv/dt = (30*mV - v)/tau : volt (unless refractory)",
        threshold="v > 15*mV",
        reset="v = 0*mV",
        refractory=2 * ms,
        name="cells",
        namespace={"tau": tau},
    )
    G.v = [0, 3, 6, -1000] * mV
    S = Synapses(G, G, "w : volt", on_pre="v_post += w", name="links")
    S.connect(i=[0], j=[1])
    G.run_regularly("v -= 0.1*mV", dt=5 * ms)
    made = Recorded(
        Network(),
        SpikeMonitor(G, "v"),
        StateMonitor(G, "v", record=[1, 3], dt=0.5 * ms),
        PopulationRateMonitor(G),
        StateMonitor(G, "v", record=0, clock=EventClock([1, 2, 7] * ms), name="odd"),
    )
    made.net.add(G, S, made.spikes, made.states, made.rates, made.odd)
    made.net.run(30 * ms)
    return made


def test_a_description_says_what_the_model_is(recorded: Recorded) -> None:
    described = json.loads(json.dumps(describe(recorded.net)))
    cells, links = described["groups"]
    assert cells["equations"] == "dv/dt = (30*mV - v)/tau : volt (unless refractory)"
    assert rb.Equations(cells["equations"]) == recorded.spikes.source.equations
    assert (cells["size"], cells["method"]) == (4, "exact")
    assert cells["constants"] == {"tau": "10. * msecond"}
    lines = {line for code in cells["code"] for line in code["lines"]}
    assert {"v > 15*mV and not_refractory", "v = 0*mV", "v -= 0.1*mV"} <= lines
    assert links["code"][0]["lines"] == ["v_post += w"]
    assert (links["size"], links["source"], links["target"]) == (1, "cells", "cells")
    assert described["time"] == pytest.approx(0.03)
    assert described["versions"]["rheobase"] == rb.__version__


def test_spikes_as_a_table_survive_a_file(recorded: Recorded, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = to_pandas(recorded.spikes)
    assert frame.attrs["units"] == {"t": "s", "i": "1", "v": "V"}
    assert description_of(frame)["groups"][0]["name"] == "cells"
    frame.to_csv(tmp_path / "spikes.csv", index=False)
    back = pandas.read_csv(tmp_path / "spikes.csv")
    np.testing.assert_array_equal(back["i"], recorded.spikes.i)
    np.testing.assert_array_equal(back["t"], recorded.spikes.t_)
    np.testing.assert_array_equal(back["v"], np.asarray(recorded.spikes.v))


def test_states_and_rates_as_tables(recorded: Recorded) -> None:
    pytest.importorskip("pandas")
    frame = to_pandas(recorded.states)
    np.testing.assert_array_equal(frame[("v", 3)], np.asarray(recorded.states[3].v))
    np.testing.assert_array_equal(frame["t"], recorded.states.t_)
    np.testing.assert_array_equal(to_pandas(recorded.rates)["rate"], recorded.rates.rate_)


def test_arrays_survive_a_file(recorded: Recorded, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    data = to_xarray(recorded.states)
    data.to_netcdf(tmp_path / "states.nc", engine="h5netcdf")
    back = xarray.load_dataset(tmp_path / "states.nc", engine="h5netcdf")
    xarray.testing.assert_identical(back, data)
    assert back.v.attrs["units"] == "V"
    np.testing.assert_array_equal(back.v.sel(neuron=3), np.asarray(recorded.states[3].v))
    assert description_of(back)["groups"][0]["method"] == "exact"
    assert to_xarray(recorded.spikes).sizes == {"event": recorded.spikes.num_spikes}
    np.testing.assert_array_equal(to_xarray(recorded.rates).rate, recorded.rates.rate_)


def test_neo_blocks_survive_a_file(recorded: Recorded, tmp_path: Path) -> None:
    neo = pytest.importorskip("neo")
    block = to_neo(recorded.spikes, recorded.states, recorded.rates)
    path = tmp_path / "block.pkl"
    neo.io.PickleIO(str(path)).write_block(block)
    segment = neo.io.PickleIO(str(path)).read_block().segments[0]
    for train in segment.spiketrains:
        mine = recorded.spikes.spike_trains()[train.annotations["element"]]
        np.testing.assert_array_equal(train.rescale("s").magnitude, np.asarray(mine))
        assert float(train.t_stop.rescale("s")) == pytest.approx(0.03)
    states, rates = segment.analogsignals
    assert str(states.units.dimensionality) == "V"
    np.testing.assert_array_equal(states.magnitude.T, np.asarray(recorded.states.v))
    np.testing.assert_allclose(states.times.rescale("s").magnitude, recorded.states.t_, atol=1e-15)
    assert states.array_annotations["element"].tolist() == [1, 3]
    assert str(rates.units.dimensionality) == "Hz"
    assert description_of(block)["groups"][0]["name"] == "cells"


def test_times_that_are_not_equidistant_stay_as_they_are(recorded: Recorded) -> None:
    pytest.importorskip("neo")
    (signal,) = to_neo(recorded.odd).segments[0].irregularlysampledsignals
    np.testing.assert_allclose(signal.times.rescale("ms").magnitude, [1, 2, 7])


def test_elephant_reads_the_spike_trains(recorded: Recorded) -> None:
    statistics = pytest.importorskip("elephant.statistics")
    trains = to_neo(recorded.spikes).segments[0].spiketrains
    rates = [float(statistics.mean_firing_rate(t).rescale("Hz")) for t in trains]
    np.testing.assert_allclose(rates, np.asarray(recorded.spikes.count[:]) / 0.03)
    assert statistics.time_histogram(trains, bin_size=trains[0].t_stop / 3).magnitude.sum() == (
        recorded.spikes.num_spikes
    )


def test_nwb_files_hold_everything(recorded: Recorded, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "results.nwb"
    write_nwb(path, recorded.spikes, recorded.states, recorded.rates)
    with pynwb.NWBHDF5IO(path, "r") as io:
        file: Any = io.read()
        assert not pynwb.validate(io=io)
        for element, times in zip(
            file.units["element"][:], file.units["spike_times"][:], strict=True
        ):
            mine = np.asarray(recorded.spikes.spike_trains()[element])
            np.testing.assert_array_equal(times, mine)
        series = file.acquisition["cells_v"]
        np.testing.assert_array_equal(series.data[:].T, np.asarray(recorded.states.v))
        assert (series.unit, series.rate) == ("V", pytest.approx(2000))
        assert file.scratch["cells_v_elements"].data[:].tolist() == [1, 3]
        np.testing.assert_array_equal(file.acquisition["cells_rate"].data[:], recorded.rates.rate_)
        assert description_of(file)["groups"][1]["name"] == "links"


def test_what_has_no_description_says_so() -> None:
    with pytest.raises(KeyError, match="no description of a model in this dict"):
        description_of({})


def test_what_is_no_recording_is_refused(recorded: Recorded) -> None:
    with pytest.raises(TypeError, match="no recording of spikes, events, states or rates"):
        to_pandas(recorded.net.objects[0])  # pyright: ignore[reportArgumentType]
    assert to_nwb(recorded.rates).units is None
