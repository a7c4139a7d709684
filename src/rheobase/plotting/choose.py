"""One name for all: `plot(x)` draws what suits x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rheobase.model.monitors import EventMonitor, PopulationRateMonitor, StateMonitor
from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.model.synapses import Synapses
from rheobase.morphology import Morphology
from rheobase.network import Network
from rheobase.plotting.connections import network_graph, synapses
from rheobase.plotting.recordings import raster, rate, states
from rheobase.plotting.trees import morphology

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot"]


def plot(x: Any, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw an object as suits its kind.

    x          drawn by          shows
    SpikeMonitor, EventMonitor   raster            a dot for each spike
    PopulationRateMonitor        rate              the smoothed rate
    StateMonitor                 states            the first variable over time
    Synapses                     synapses          which neuron reaches which
    Network                      network_graph     groups and the synapses between them
    Morphology                   morphology        the neuron as it lies in space
    SpatialNeuron                morphology        the same, with v as colour

    options    of the function that draws
    Returns the axes. Raises TypeError for anything else.

    >>> from rheobase import *
    >>> from rheobase.plotting import new_figure, plot
    >>> cells = NeuronGroup(2, 'dv/dt = (20*mV - v)/(10*ms) : volt')
    >>> trace = StateMonitor(cells, 'v', record=0)
    >>> Network(cells, trace).run(10*ms)
    >>> plot(trace, new_figure().subplots()).get_xlabel()
    'time (ms)'
    """
    match x:
        case EventMonitor():
            return raster(x, ax, **options)
        case PopulationRateMonitor():
            return rate(x, ax, **options)
        case StateMonitor():
            return states(x, ax=ax, **options)
        case Synapses():
            return synapses(x, ax=ax, **options)
        case SpatialNeuron():
            return morphology(x, options.pop("values", "v"), ax, **options)
        case Morphology():
            return morphology(x, ax=ax, **options)
        case Network():
            return network_graph(x, ax, **options)
        case _:
            raise TypeError(
                "plot() draws monitors, synapses, networks and morphologies, not "
                f"{type(x).__name__}; a NeuronGroup has nothing to draw until a monitor has "
                "recorded it"
            )
