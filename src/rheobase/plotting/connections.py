"""How neurons are connected: the synapses of one object, and the network as a graph."""

# matplotlib and networkx declare little of their types
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false, reportMissingImports=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rheobase.model.group import Group
from rheobase.model.synapses import Synapses
from rheobase.network import Network
from rheobase.plotting.figures import needs, tidy
from rheobase.plotting.scales import axes_or_present, in_suitable_unit, labelled
from rheobase.units import ms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["delays", "network_graph", "synapses"]


def synapses(
    synapses: Synapses, values: str | None = None, ax: Axes | None = None, *, cmap: str = "viridis"
) -> Axes:
    """Which neuron reaches which: source across, target up.

    values   a synaptic variable to show as colour, with a scale; None: black where there is one
    cmap     name of matplotlib's colour map
    Returns the axes. Several synapses of one pair are drawn over each other.

    >>> from rheobase import *
    >>> from rheobase.plotting import new_figure, synapses
    >>> cells = NeuronGroup(10, 'v : volt', threshold='v > 1*mV')
    >>> S = Synapses(cells, cells, 'w : volt')
    >>> S.connect('abs(i - j) == 1')
    >>> S.w = '0.1*mV*i'
    >>> synapses(S, 'w', new_figure().subplots()).get_xlabel()
    'source neuron'
    """
    axes = axes_or_present(ax)
    i, j = np.asarray(synapses.i[:]), np.asarray(synapses.j[:])
    shape = len(synapses.source), len(synapses.target)
    size = max(0.5, min(60.0, 250.0 / max(shape))) ** 2
    if values is None:
        axes.scatter(i, j, s=size, c="k", marker="s", linewidths=0)
    else:
        numbers, unit = in_suitable_unit(getattr(synapses, values)[:])
        drawn = axes.scatter(i, j, s=size, c=numbers, cmap=cmap, marker="s", linewidths=0)
        axes.figure.colorbar(drawn, ax=axes, label=labelled(values, unit))  # pyright: ignore
    axes.set(xlim=(-0.5, shape[0] - 0.5), ylim=(-0.5, shape[1] - 0.5))
    axes.set(xlabel="source neuron", ylabel="target neuron")
    tidy(axes)
    return axes


def delays(synapses: Synapses, ax: Axes | None = None, *, bins: int = 30, **style: Any) -> Axes:
    """How many synapses have which delay.

    bins    number of bars
    style   keyword arguments of Axes.hist
    Returns the axes.

    >>> from rheobase import *
    >>> from rheobase.plotting import delays, new_figure
    >>> cells = NeuronGroup(10, 'v : 1', threshold='v > 1')
    >>> S = Synapses(cells, cells, on_pre='v += 1')
    >>> S.connect()
    >>> S.delay = '1*ms + rand()*ms'
    >>> delays(S, new_figure().subplots()).get_xlabel()
    'delay (ms)'
    """
    axes = axes_or_present(ax)
    found = np.broadcast_to(np.asarray(synapses.delay[:] / ms), (len(synapses),))
    options: dict[str, Any] = {"color": "0.35"} | style
    axes.hist(found, bins=bins, **options)
    axes.set(xlabel="delay (ms)", ylabel="synapses")
    tidy(axes)
    return axes


def network_graph(network: Network, ax: Axes | None = None) -> Axes:
    """The groups of a network as boxes, their synapses as arrows, laid out in a circle.

    Boxes say name and number of neurons, arrows name and number of synapses. Monitors and other
    objects are left out. Returns the axes.

    Raises ImportError with what to install if networkx is missing.

    >>> from rheobase import *
    >>> from rheobase.plotting import network_graph, new_figure
    >>> cells = NeuronGroup(10, 'v : 1', threshold='v > 1', name='cells')
    >>> S = Synapses(cells, cells, on_pre='v += 1')
    >>> S.connect(p=0.5)
    >>> axes = network_graph(Network(cells, S), new_figure().subplots())
    >>> axes.texts[0].get_text()
    'cells\\n10'
    """
    axes = axes_or_present(ax)
    with needs("networkx"):
        import networkx
    graph = networkx.MultiDiGraph()
    for x in network.objects:
        if isinstance(x, Synapses):
            pair = x.source._root(), x.target._root()
            graph.add_edge(pair[0].name, pair[1].name, text=f"{x.name}\n{len(x):,}")
            for group in pair:
                graph.add_node(group.name, text=f"{group.name}\n{len(group):,}")
        elif isinstance(x, Group) and x._event_sources:
            graph.add_node(x.name, text=f"{x.name}\n{len(x):,}")
    places = networkx.circular_layout(graph)
    box = {"boxstyle": "round,pad=0.6", "fc": "white", "ec": "k"}
    for name, text in graph.nodes(data="text"):
        x, y = places[name]
        axes.text(x, y, str(text), ha="center", va="center", bbox=box, zorder=3)
    for number, (source, target, text) in enumerate(graph.edges(data="text")):
        ends = places[source], places[target]
        _draw_arrow(axes, *ends, str(text), number, source == target)
    axes.set(xlim=(-1.6, 1.6), ylim=(-1.5, 1.5))
    axes.set_axis_off()
    return axes


def _draw_arrow(axes: Axes, start: Any, end: Any, text: str, number: int, is_loop: bool) -> None:
    """A bent arrow with a text at its middle; a loop leaves and enters at one side of the box."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    if is_loop:
        side = 0.25 + 0.12 * (number % 3)
        start, end = start + np.array([-side, 0.12]), start + np.array([side, 0.12])
    bend = -1.2 if is_loop else 0.18 + 0.12 * (number % 3)
    arrow = {"arrowstyle": "-|>", "color": "0.35", "shrinkA": 30, "shrinkB": 30}
    if is_loop:
        arrow |= {"shrinkA": 4, "shrinkB": 4}
    arrow["connectionstyle"] = f"arc3,rad={bend}"
    axes.annotate("", xy=tuple(end), xytext=tuple(start), arrowprops=arrow)
    across = end - start
    away = bend / 2 * np.array([across[1], -across[0]])
    middle = (start + end) / 2 + away * (1.35 if is_loop else 1.0)
    axes.text(middle[0], middle[1], text, ha="center", va="center", fontsize="small", color="0.35")
