"""What monitors have recorded: spikes as a raster, rates, states over time, f-I curves."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rheobase.model.monitors import EventMonitor, PopulationRateMonitor, StateMonitor
from rheobase.plotting.figures import tidy
from rheobase.plotting.scales import axes_or_present, in_suitable_unit, labelled
from rheobase.units import ms, second

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["f_i_curve", "raster", "rate", "states"]


def raster(spikes: EventMonitor, ax: Axes | None = None, **style: Any) -> Axes:
    """A dot for each spike: time across, neuron up.

    spikes   a SpikeMonitor or EventMonitor
    ax       matplotlib axes; None: the present ones
    style    keyword arguments of Axes.plot
    Returns the axes.

    >>> from rheobase import *
    >>> from rheobase.plotting import new_figure, raster
    >>> cells = PoissonGroup(20, rates=50*Hz)
    >>> spikes = SpikeMonitor(cells)
    >>> Network(cells, spikes).run(100*ms)
    >>> raster(spikes, new_figure().subplots()).get_ylabel()
    'neuron'
    """
    axes = axes_or_present(ax)
    dots: dict[str, Any] = {"marker": ".", "linestyle": "", "color": "k", "markersize": 3}
    axes.plot(np.asarray(spikes.t / ms), np.asarray(spikes.i), **(dots | style))
    axes.set(xlabel="time (ms)", ylabel="neuron")
    axes.set_ylim(-0.5, len(spikes.source) - 0.5)
    tidy(axes)
    return axes


def rate(
    monitor: PopulationRateMonitor, ax: Axes | None = None, *, width: Any = 1 * ms, **style: Any
) -> Axes:
    """The rate of a population, smoothed.

    monitor   a PopulationRateMonitor
    width     standard deviation of the Gaussian window, a time; None: as recorded
    style     keyword arguments of Axes.plot
    Returns the axes.

    >>> from rheobase import *
    >>> from rheobase.plotting import new_figure, rate
    >>> cells = PoissonGroup(20, rates=50*Hz)
    >>> recorded = PopulationRateMonitor(cells)
    >>> Network(cells, recorded).run(100*ms)
    >>> rate(recorded, new_figure().subplots()).get_ylabel()
    'rate (Hz)'
    """
    axes = axes_or_present(ax)
    values = monitor.rate if width is None else monitor.smooth_rate(width=width)
    options: dict[str, Any] = {"color": "k", "lw": 1} | style
    axes.plot(np.asarray(monitor.t / ms), np.asarray(values), **options)
    axes.set(xlabel="time (ms)", ylabel="rate (Hz)")
    axes.set_ylim(bottom=0)
    tidy(axes)
    return axes


def states(
    monitor: StateMonitor,
    variables: str | Sequence[str] | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Recorded variables over time, a line for each element.

    variables   one name, or several of one dimension; None: the first that was recorded
    style       keyword arguments of Axes.plot
    Returns the axes; their label says the unit. Lines of several elements or variables have a
    legend if there are at most ten.

    Raises ValueError for variables of different dimensions: give each axes of its own.

    >>> from rheobase import *
    >>> from rheobase.plotting import new_figure, states
    >>> cells = NeuronGroup(2, 'dv/dt = (20*mV - v)/(10*ms) : volt')
    >>> trace = StateMonitor(cells, 'v', record=True)
    >>> Network(cells, trace).run(10*ms)
    >>> states(trace, ax=new_figure().subplots()).get_ylabel()
    'v (mV)'
    """
    axes = axes_or_present(ax)
    if variables is None:
        variables = monitor.record_variables[0]
    names = [variables] if isinstance(variables, str) else list(variables)
    recorded = [getattr(monitor, name) for name in names]
    if len({getattr(x, "dim", None) for x in recorded}) > 1:
        raise ValueError(f"{', '.join(names)} have different units: draw each in axes of its own")
    values, unit = in_suitable_unit(np.concatenate(recorded) if len(recorded) > 1 else recorded[0])
    t = np.asarray(monitor.t / ms)
    many = len(monitor.indices) > 1
    labels = [f"{n}[{k}]" if many else n for n in names for k in monitor.indices]
    for row, label in zip(values, labels):
        options: dict[str, Any] = {"lw": 1, "label": label} | style
        axes.plot(t, row, **options)
    axes.set(xlabel="time (ms)", ylabel=labelled(", ".join(names), unit))
    if 1 < len(labels) <= 10:
        axes.legend(frameon=False)
    tidy(axes)
    return axes


def f_i_curve(
    spikes: EventMonitor, current: Any, ax: Axes | None = None, *, name: str = "I", **style: Any
) -> Axes:
    """Firing rate against input: each neuron of the monitor is one point.

    spikes    a SpikeMonitor of n neurons that differ in their input
    current   (n,)  the input of each, with any unit
    name      of the input, for the label
    style     keyword arguments of Axes.plot
    Returns the axes. Rates count all spikes, from time 0 to the present time of the neurons.

    Raises ValueError if there are not n inputs, or nothing has been simulated.

    >>> from rheobase import *
    >>> from rheobase.plotting import f_i_curve, new_figure
    >>> cells = NeuronGroup(50, '''dv/dt = (R*I - v)/(10*ms) : volt
    ...                            I : amp''', threshold='v > 10*mV', reset='v = 0*mV')
    >>> R = 100*Mohm
    >>> cells.I = 'i/50*0.5*nA'
    >>> spikes = SpikeMonitor(cells)
    >>> Network(cells, spikes).run(100*ms)
    >>> f_i_curve(spikes, cells.I, new_figure().subplots()).get_xlabel()
    'I (pA)'
    """
    axes = axes_or_present(ax)
    inputs, unit = in_suitable_unit(current[:])
    counts = np.asarray(spikes.count[:])
    duration = float(spikes.clock.t / second)
    if inputs.shape != counts.shape:
        raise ValueError(f"{len(counts)} neurons were recorded, but there are {len(inputs)} inputs")
    if duration <= 0:
        raise ValueError("nothing has been simulated yet: call run() first")
    options: dict[str, Any] = {"color": "k", "marker": ".", "lw": 1} | style
    axes.plot(inputs, counts / duration, **options)
    axes.set(xlabel=labelled(name, unit), ylabel="firing rate (Hz)")
    axes.set_ylim(bottom=0)
    tidy(axes)
    return axes
