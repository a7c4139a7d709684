"""Monitors as tables of pandas and arrays of xarray."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from rheobase.errors import ModelTypeError
from rheobase.model.monitors.base import Monitor
from rheobase.model.monitors.rates import PopulationRateMonitor
from rheobase.model.monitors.spikes import EventMonitor
from rheobase.model.monitors.states import StateMonitor
from rheobase.results.describe import FIELD, description_json
from rheobase.units import Quantity, get_unit

__all__ = ["columns", "text_of_unit", "to_pandas", "to_xarray"]


def to_pandas(monitor: Monitor) -> Any:
    """What a monitor has recorded, as a pandas.DataFrame in SI base units.

    A row is an event (columns t, i, and the variables recorded with it), a time of a
    PopulationRateMonitor (t, rate), or a time of a StateMonitor (t, and a column (name, element)
    for each). `attrs['units']` names the units, `attrs['rheobase']` describes the model.

    >>> from rheobase import NeuronGroup, SpikeMonitor, ms, run
    >>> from rheobase.results import to_pandas
    >>> G = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> M = SpikeMonitor(G)
    >>> run(10*ms)
    >>> list(to_pandas(M).columns)
    ['t', 'i']
    """
    known = columns(monitor)
    frame = monitor.get_states(list(known), units=False, format="pandas")
    frame.attrs["units"] = {n: text_of_unit(q) for n, q in known.items()}
    description = description_json((monitor,))
    if description is not None:
        frame.attrs[FIELD] = description
    return frame


def to_xarray(monitor: Monitor) -> Any:
    """What a monitor has recorded, as an xarray.Dataset in SI base units.

    StateMonitor            variables of dimensions (neuron, time), with the coordinates neuron (the
                            numbers of the recorded elements) and time
    PopulationRateMonitor   rate of dimension time
    SpikeMonitor and others t, i and what was recorded with events, of dimension event

    Each variable and coordinate has its unit in `attrs['units']`.

    >>> from rheobase import NeuronGroup, StateMonitor, ms, run, volt
    >>> from rheobase.results import to_xarray
    >>> G = NeuronGroup(5, 'dv/dt = -v/(10*ms) : volt')
    >>> M = StateMonitor(G, 'v', record=[1, 3])
    >>> run(1*ms)
    >>> data = to_xarray(M)
    >>> data.v.dims, data.neuron.values.tolist(), data.v.attrs['units']
    (('neuron', 'time'), [1, 3], 'V')
    """
    xarray: Any = import_module("xarray")

    known = columns(monitor)
    time = ("time", np.asarray(known["t"]), {"units": "s"})
    coordinates: dict[str, Any] = {}
    if isinstance(monitor, StateMonitor):
        dims: tuple[str, ...] = ("neuron", "time")
        coordinates = {"neuron": ("neuron", np.asarray(monitor.indices)), "time": time}
    elif isinstance(monitor, PopulationRateMonitor):
        dims, coordinates = ("time",), {"time": time}
    else:
        dims = ("event",)
    variables = {
        name: (dims, _oriented(value, dims), {"units": text_of_unit(value)})
        for name, value in known.items()
        if not (name == "t" and coordinates)
    }
    description = description_json((monitor,))
    about = {"monitor": monitor.name, "source": monitor.source.name}
    about |= {} if description is None else {FIELD: description}
    made: Any = xarray.Dataset(variables, coordinates, about)
    return made


def columns(monitor: Monitor) -> dict[str, Any]:
    """What is recorded, with units: `t`, then `i` or variables; time along the first axis."""
    if isinstance(monitor, EventMonitor):
        names = ["t", "i", *(n for n in monitor.state_names() if n not in ("t", "i", "count"))]
    elif isinstance(monitor, (StateMonitor, PopulationRateMonitor)):
        names = ["t", *(n for n in monitor.state_names() if n != "t")]
    else:
        raise ModelTypeError(
            f"{getattr(monitor, 'label', monitor)!s} is no recording of spikes, events, states or "
            "rates; give such a monitor"
        )
    return {n: monitor.state_value(n, units=True) for n in names if n != "N"}


def text_of_unit(value: Any) -> str:
    """The SI unit of values: 'V', 'S/m^2', or '1'."""
    return str(get_unit(Quantity(value).dim))


def _oriented(value: Any, dims: tuple[str, ...]) -> Any:
    array = np.asarray(value)
    return array.T if dims == ("neuron", "time") else array
