"""The plots of brian2tools.

They take numbers rather than monitors, and `axes` rather than `ax`; rheobase.plotting is shorter.
"""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase import plotting
from rheobase.brian2tools.sections import draw_sections, mark_compartments, with_coordinates
from rheobase.model.monitors import EventMonitor, PopulationRateMonitor, StateMonitor
from rheobase.model.monitors.states import StateMonitorView
from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.model.synapses import Synapses
from rheobase.model.views import VariableView
from rheobase.morphology import Morphology
from rheobase.plotting.scales import axes_or_present, in_suitable_unit, labelled
from rheobase.units import Quantity, Unit, hertz, ms

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

__all__ = [
    "add_background_pattern",
    "brian_plot",
    "plot_dendrogram",
    "plot_morphology",
    "plot_raster",
    "plot_rate",
    "plot_state",
    "plot_synapses",
]


def brian_plot(brian_obj: Any, axes: Axes | None = None, **kwds: Any) -> Axes:
    """Draw a monitor, synapses, a variable of theirs or a morphology; rates are smoothed by 1 ms.

    kwds    of the function that draws
    Returns the axes. Raises NotImplementedError for anything else.

    >>> from rheobase.brian2 import PoissonGroup, SpikeMonitor, Hz, ms, run
    >>> from rheobase.brian2tools import brian_plot
    >>> cells = PoissonGroup(20, rates=50*Hz)
    >>> spikes = SpikeMonitor(cells)
    >>> run(50*ms)
    >>> brian_plot(spikes, plotting.new_figure().subplots()).get_ylabel()
    'neuron index'
    """
    match brian_obj:
        case EventMonitor():
            return plot_raster(brian_obj.i, brian_obj.t, axes=axes, **kwds)
        case StateMonitor() | StateMonitorView():
            monitor = brian_obj if isinstance(brian_obj, StateMonitor) else brian_obj._monitor  # pyright: ignore[reportPrivateUsage]
            name = monitor.record_variables[0]
            values = getattr(brian_obj, name)
            return plot_state(brian_obj.t, values.T, var_name=name, axes=axes, **kwds)
        case PopulationRateMonitor():
            smooth = brian_obj.smooth_rate(width=1 * ms)
            return plot_rate(brian_obj.t, smooth, axes=axes, **kwds)
        case Synapses():
            return plot_synapses(brian_obj.i, brian_obj.j, axes=axes, **kwds)
        case VariableView() if (synapses := _synapses_of(brian_obj)) is not None:
            options: dict[str, Any] = {"var_name": brian_obj.name, "plot_type": "image"} | kwds
            return plot_synapses(synapses.i, synapses.j, brian_obj, axes=axes, **options)
        case Morphology() | SpatialNeuron():
            return plot_morphology(brian_obj, axes=axes, **kwds)
        case _:
            raise NotImplementedError(
                "brian_plot draws monitors, synapses, their variables, and morphologies, not "
                f"{brian_obj!r}"
            )


def plot_raster(
    spike_indices: Any,
    spike_times: Any,
    time_unit: Unit = ms,
    axes: Axes | None = None,
    **kwds: Any,
) -> Axes:
    """A dot for each spike.

    spike_indices, spike_times   (n,), (n,) times
    kwds    of Axes.plot
    Returns the axes.

    >>> from rheobase.brian2tools import plot_raster
    >>> plot_raster([0, 1], [1, 2]*ms, axes=plotting.new_figure().subplots()).get_xlabel()
    'time (ms)'
    """
    ax = axes_or_present(axes)
    options: dict[str, Any] = {"marker": ".", "linestyle": "", "color": "k"} | kwds
    ax.plot(_in(spike_times, time_unit), np.asarray(spike_indices), **options)
    ax.set(xlabel=f"time ({time_unit})", ylabel="neuron index")
    return ax


def plot_state(
    times: Any,
    values: Any,
    time_unit: Unit = ms,
    var_unit: Unit | None = None,
    var_name: str | None = None,
    axes: Axes | None = None,
    **kwds: Any,
) -> Axes:
    """Values over time.

    times, values   (n,) times, (n,) or (n, k)
    var_unit        to show the values in; None: one that suits them
    kwds            of Axes.plot
    Returns the axes.

    >>> from rheobase import mV
    >>> from rheobase.brian2tools import plot_state
    >>> axes = plotting.new_figure().subplots()
    >>> plot_state([0, 1]*ms, [2, 3]*mV, var_name='v', axes=axes).get_ylabel()
    'v (mV)'
    """
    ax = axes_or_present(axes)
    numbers, unit = _shown(values, var_unit)
    ax.plot(_in(times, time_unit), numbers, **kwds)
    ax.set(xlabel=f"time ({time_unit})", ylabel=labelled(var_name or "", unit).strip())
    return ax


def plot_rate(
    times: Any,
    rate: Any,
    time_unit: Unit = ms,
    rate_unit: Unit = hertz,
    axes: Axes | None = None,
    **kwds: Any,
) -> Axes:
    """A rate over time.

    times, rate   (n,) times, (n,) rates
    kwds          of Axes.plot
    Returns the axes.

    >>> from rheobase import Hz
    >>> from rheobase.brian2tools import plot_rate
    >>> axes = plotting.new_figure().subplots()
    >>> plot_rate([0, 1]*ms, [2, 3]*Hz, axes=axes).get_ylabel()
    'population rate (Hz)'
    """
    ax = axes_or_present(axes)
    ax.plot(_in(times, time_unit), _in(rate, rate_unit), **kwds)
    ax.set(xlabel=f"time ({time_unit})", ylabel=f"population rate ({rate_unit})")
    return ax


def plot_synapses(
    sources: Any,
    targets: Any,
    values: Any = None,
    var_unit: Unit | None = None,
    var_name: str | None = None,
    plot_type: str = "scatter",
    axes: Axes | None = None,
    **kwds: Any,
) -> Axes:
    """Which neuron reaches which.

    sources, targets   (n,) numbers of neurons
    values             (n,) shown as colour, with a scale
    plot_type          'scatter'; 'image' and 'hexbin' show numbers of synapses as colour
    kwds               of Axes.scatter, imshow or hexbin
    Returns the axes. Raises ValueError for another type.

    >>> from rheobase.brian2tools import plot_synapses
    >>> axes = plotting.new_figure().subplots()
    >>> plot_synapses([0, 1], [1, 0], axes=axes).get_xlabel()
    'source neuron index'
    """
    ax = axes_or_present(axes)
    i, j = np.asarray(sources[:]), np.asarray(targets[:])
    numbers, unit = (None, "") if values is None else _shown(values[:], var_unit)
    match plot_type:
        case "scatter":
            options: dict[str, Any] = {"marker": ".", "c": "k" if numbers is None else numbers}
            drawn = ax.scatter(i, j, **(options | kwds))
        case "image":
            counted = np.zeros((j.max(initial=0) + 1, i.max(initial=0) + 1))
            np.add.at(counted, (j, i), 1 if numbers is None else numbers)
            options = {"origin": "lower", "aspect": "auto"}
            drawn = ax.imshow(counted, **(options | kwds))
        case "hexbin":
            drawn = ax.hexbin(i, j, numbers, **kwds)  # pyright: ignore[reportArgumentType]
        case _:
            raise ValueError(f"plot_type is 'scatter', 'image' or 'hexbin', not {plot_type!r}")
    if numbers is not None or plot_type != "scatter":
        label = "number of synapses" if numbers is None else labelled(var_name or "", unit).strip()
        ax.figure.colorbar(drawn, ax=ax, label=label)
    ax.set(xlabel="source neuron index", ylabel="target neuron index")
    return ax


def plot_morphology(
    morphology: Morphology | SpatialNeuron,
    plot_3d: bool | None = None,
    show_compartments: bool = False,
    show_diameter: bool = False,
    colors: Any = ("darkblue", "darkred"),
    values: Any = None,
    value_norm: tuple[Any, Any] = (None, None),
    value_colormap: str = "hot",
    value_colorbar: bool = True,
    value_unit: Unit | None = None,
    axes: Axes | None = None,
) -> Axes:
    """A neuron as it lies in space.

    plot_3d       in three dimensions; None: if the axes are so
    values        (n,) of the compartments, shown as colour
    value_norm    the least and the greatest value of the scale
    show_compartments   a dot in the middle of each
    show_diameter   compartments as wide as they are, where they have one colour for each section;
                  with values they always are
    colors        of the root, of what branches from it, and so on, again from the first
    Returns the axes.

    >>> from rheobase import Cylinder, Soma, um
    >>> from rheobase.brian2tools import plot_morphology
    >>> neuron = Soma(diameter=20*um)
    >>> neuron.axon = Cylinder(diameter=1*um, n=10, length=100*um)
    >>> plot_morphology(neuron, axes=plotting.new_figure().subplots()).get_xlabel()
    'x (um)'
    """
    ax = _space() if plot_3d and axes is None else axes_or_present(axes)
    tree = with_coordinates(morphology)
    if values is None:
        draw_sections(ax, tree, colors, show_diameter)
    else:
        numbers, label = _shown(values, value_unit)
        drawn = plotting.morphology(tree, numbers, ax, cmap=value_colormap, label=label)
        least, greatest = (b if b is None else float(_shown(b, value_unit)[0]) for b in value_norm)
        drawn.collections[-1].set_clim(least, greatest)
        if not value_colorbar and (scale := drawn.collections[-1].colorbar) is not None:
            scale.remove()
    if show_compartments:
        mark_compartments(ax, tree, colors if values is None and not show_diameter else ("k",))
    return ax


def plot_dendrogram(morphology: Morphology | SpatialNeuron, axes: Axes | None = None) -> Axes:
    """The branches of a neuron as a tree, by their distance from the root.

    Returns the axes.

    >>> from rheobase import Cylinder, Soma, um
    >>> from rheobase.brian2tools import plot_dendrogram
    >>> neuron = Soma(diameter=20*um)
    >>> neuron.axon = Cylinder(diameter=1*um, n=10, length=100*um)
    >>> plot_dendrogram(neuron, plotting.new_figure().subplots()).get_ylabel()
    'distance (um)'
    """
    return plotting.dendrogram(morphology, ax=axes)


def add_background_pattern(
    axes: Axes,
    hatch: str = "xxx",
    fill: bool = True,
    fc: Any = (0.9, 0.9, 0.9),
    ec: Any = (0.8, 0.8, 0.8),
    zorder: float = -10,
) -> Rectangle:
    """Hatch the background of axes, so that "no value" differs from the colours of values.

    Returns the rectangle.

    >>> from rheobase.brian2tools import add_background_pattern
    >>> add_background_pattern(plotting.new_figure().subplots()).get_hatch()
    'xxx'
    """
    from matplotlib.patches import Rectangle

    area = Rectangle(
        (0, 0), 1, 1, transform=axes.transAxes, hatch=hatch, fill=fill, fc=fc, ec=ec, zorder=zorder
    )
    axes.add_patch(area)
    return area


def _synapses_of(view: VariableView) -> Synapses | None:
    """Whose variable it is, if it is one of synapses, their delays included."""
    owner: Any = view.group
    owner = getattr(owner, "synapses", owner)
    return owner if isinstance(owner, Synapses) else None


def _in(values: Any, unit: Quantity) -> NDArray[np.float64]:
    return np.asarray(values / unit, dtype=np.float64)


def _shown(values: Any, unit: Unit | None) -> tuple[NDArray[np.float64], str]:
    """Values as numbers of a unit, and its name."""
    return in_suitable_unit(values) if unit is None else (_in(values, unit), str(unit))


def _space() -> Axes:
    from matplotlib import pyplot

    return pyplot.figure().add_subplot(projection="3d")
