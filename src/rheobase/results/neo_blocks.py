"""Monitors as objects of Neo, which Elephant and other packages of the field analyse."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.monitors.base import Monitor
from rheobase.model.monitors.spikes import EventMonitor
from rheobase.results.describe import FIELD, description_json
from rheobase.results.tables import columns, text_of_unit
from rheobase.units import Quantity, second
from rheobase.units.interop import to_quantities

__all__ = ["end_of", "sampling_period", "to_neo"]


def to_neo(*monitors: Monitor) -> Any:
    """What monitors have recorded, as a neo.Block of one segment.

    SpikeMonitor, EventMonitor            a SpikeTrain for each element, from 0 to the present time
                                          of the network; annotations: source, element
    StateMonitor, PopulationRateMonitor   an AnalogSignal (times, elements) for each variable;
                                          an IrregularlySampledSignal if times are not equidistant

    The block's annotation 'rheobase' describes the model (description_of).

    >>> from rheobase import NeuronGroup, SpikeMonitor, ms, run
    >>> from rheobase.results import to_neo
    >>> G = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> M = SpikeMonitor(G)
    >>> run(20*ms)
    >>> [len(train) for train in to_neo(M).segments[0].spiketrains]
    [2, 2]
    """
    neo: Any = import_module("neo")

    block: Any = neo.Block(name="rheobase")
    segment: Any = neo.Segment()
    block.segments.append(segment)
    for monitor in monitors:
        if isinstance(monitor, EventMonitor):
            segment.spiketrains.extend(_trains(monitor))
            continue
        for signal in _signals(monitor):
            regular = isinstance(signal, neo.AnalogSignal)
            (segment.analogsignals if regular else segment.irregularlysampledsignals).append(signal)
    description = description_json(monitors)
    if description is not None:
        block.annotate(**{FIELD: description})
    return block


def end_of(monitor: Monitor) -> float:
    """The time up to which a monitor has seen its network, in seconds."""
    return float(monitor._network.t_) if monitor._network is not None else monitor.clock.t_


def sampling_period(times: Any) -> float | None:
    """The distance of times in seconds; None if they are not equidistant, or fewer than two."""
    steps: NDArray[np.float64] = np.diff(np.asarray(times, float))
    if not len(steps) or not np.allclose(steps, steps[0], rtol=1e-6, atol=0):
        return None
    return float(steps.sum() / len(steps))


def _trains(monitor: EventMonitor) -> list[Any]:
    neo: Any = import_module("neo")

    stop = end_of(monitor)
    return [
        neo.SpikeTrain(
            np.asarray(times),
            units="s",
            t_start=0.0,
            t_stop=stop,
            name=f"{monitor.source.name} {element}",
            source=monitor.source.name,
            element=element,
        )
        for element, times in monitor.event_trains().items()
    ]


def _signals(monitor: Monitor) -> list[Any]:
    neo: Any = import_module("neo")

    known = columns(monitor)
    times = to_quantities(Quantity(np.asarray(known.pop("t")), dim=second.dim))
    period = sampling_period(times)
    numbers = getattr(monitor, "indices", None)
    made: list[Any] = []
    for name, value in known.items():
        about: dict[str, Any] = {"name": name, "source": monitor.source.name}
        if numbers is not None:
            about["array_annotations"] = {"element": np.asarray(numbers)}
        signal = _in_named_unit(value)
        if period is None:
            made.append(neo.IrregularlySampledSignal(times, signal, **about))
        else:
            step = to_quantities(Quantity(period, dim=second.dim))
            made.append(neo.AnalogSignal(signal, t_start=times[0], sampling_period=step, **about))
    return made


def _in_named_unit(value: Any) -> Any:
    """A quantities.Quantity in V rather than kg*m**2/(A*s**3), where that package has the name."""
    plain = to_quantities(Quantity(value))
    try:
        return plain.rescale(text_of_unit(value).replace("^", "**"))
    except (LookupError, ValueError, SyntaxError):
        return plain
