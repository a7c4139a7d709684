"""Monitors as files of Neurodata Without Borders (NWB 2), by pynwb."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import numpy as np

from rheobase.model.monitors.base import Monitor
from rheobase.model.monitors.spikes import EventMonitor
from rheobase.results.describe import FIELD, description_json
from rheobase.results.neo_blocks import end_of, sampling_period
from rheobase.results.tables import columns, text_of_unit

__all__ = ["to_nwb", "write_nwb"]


def to_nwb(*monitors: Monitor, session_description: str = "simulated with rheobase") -> Any:
    """What monitors have recorded, as a pynwb.NWBFile that can be added to.

    SpikeMonitor, EventMonitor            a row of `units` for each element: source, element,
                                          spike_times, obs_intervals (from 0 to now)
    StateMonitor, PopulationRateMonitor   a TimeSeries `source_variable` in `acquisition`, of shape
                                          (times, elements); the numbers of the elements are in
                                          `scratch` as `source_variable_elements`

    The model's description is in `scratch` as 'rheobase' (description_of).

    >>> from rheobase import NeuronGroup, SpikeMonitor, ms, run
    >>> from rheobase.results import to_nwb
    >>> G = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> M = SpikeMonitor(G)
    >>> run(20*ms)
    >>> [len(times) for times in to_nwb(M).units['spike_times'][:]]
    [2, 2]
    """
    pynwb: Any = import_module("pynwb")

    file: Any = pynwb.NWBFile(
        session_description=session_description,
        identifier=str(uuid.uuid4()),
        session_start_time=datetime.now(UTC),
    )
    events = [m for m in monitors if isinstance(m, EventMonitor)]
    if events:
        file.add_unit_column("source", "name of the group")
        file.add_unit_column("element", "number of the element in its group")
    for monitor in monitors:
        if isinstance(monitor, EventMonitor):
            _add_units(file, monitor)
        else:
            _add_series(file, monitor)
    description = description_json(monitors)
    if description is not None:
        file.add_scratch(description, name=FIELD, description="the model, as JSON")
    return file


def write_nwb(path: str | os.PathLike[str], *monitors: Monitor, **options: Any) -> None:
    """Write what monitors have recorded to an NWB file; options as for to_nwb.

    An existing file is replaced.

    >>> import os, tempfile
    >>> from rheobase import Network, PoissonGroup, SpikeMonitor, Hz, ms
    >>> from rheobase.results import write_nwb
    >>> cells = PoissonGroup(3, rates=100*Hz)
    >>> spikes = SpikeMonitor(cells)
    >>> Network(cells, spikes).run(50*ms)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_nwb(f'{folder}/spikes.nwb', spikes)
    ...     os.listdir(folder)
    ['spikes.nwb']
    """
    pynwb: Any = import_module("pynwb")

    with pynwb.NWBHDF5IO(os.fspath(path), "w") as io:
        io.write(to_nwb(*monitors, **options))


def _add_units(file: Any, monitor: EventMonitor) -> None:
    stop = end_of(monitor)
    for element, times in monitor.event_trains().items():
        file.add_unit(
            spike_times=np.asarray(times),
            obs_intervals=[[0.0, stop]],
            source=monitor.source.name,
            element=element,
        )


def _add_series(file: Any, monitor: Monitor) -> None:
    pynwb: Any = import_module("pynwb")

    known = columns(monitor)
    times = np.asarray(known.pop("t"))
    period = sampling_period(times)
    numbers = getattr(monitor, "indices", None)
    for variable, value in known.items():
        name = f"{monitor.source.name}_{variable}"
        when = (
            {"timestamps": times}
            if period is None
            else {"rate": 1 / period, "starting_time": float(times[0])}
        )
        data = np.asarray(value)
        file.add_acquisition(
            pynwb.TimeSeries(name=name, data=data, unit=text_of_unit(value), **when)
        )
        if numbers is not None:
            file.add_scratch(
                np.asarray(numbers),
                name=f"{name}_elements",
                description=f"numbers of the elements of {name}",
            )
