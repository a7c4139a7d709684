"""What a change of the step changes, as a figure."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rheobase.accuracy import Accuracy, SpikeDifference, VariableDifference
from rheobase.plotting.figures import new_figure, tidy
from rheobase.plotting.scales import in_suitable_unit, labelled
from rheobase.units import Quantity

Floats = NDArray[np.float64]

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["accuracy"]

_COARSE, _FINE, _BETWEEN = "#c1440e", "#1f5a94", "#444444"


def accuracy(report: Accuracy) -> Figure:
    """What half the step changes: a row for each variable, then one for the spikes of each group.

    report   of Network.check

    Variables: the element that differs most, with both steps, and the difference. Spikes: the mean
    rates, and how far the spikes of neurons that spike equally often are shifted.

    >>> from rheobase import Network, NeuronGroup, ms
    >>> from rheobase.plotting import accuracy
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', method='euler')
    >>> cells.v = 1
    >>> figure = accuracy(Network(cells).check(5*ms))
    >>> len(figure.axes)
    2
    """
    n_variables, n_rows = len(report.variables), len(report.variables) + len(report.spikes)
    figure = new_figure(9.0, 0.7 + 1.9 * max(n_rows, 1))
    axes = figure.subplots(max(n_rows, 1), 2, squeeze=False)
    for (left, right), row in zip(axes, report.variables):
        _draw_variable(left, right, row, report.times * 1e3)
    for (left, right), spikes in zip(axes[n_variables:], report.spikes):
        _draw_spikes(left, right, spikes)
    for pair in axes[:n_variables]:
        for a in pair:
            a.sharex(axes[0, 0])
    for a in axes[max(n_variables - 1, 0)]:
        a.set_xlabel("time (ms)")
    for a in axes.flat:
        tidy(a)
    for colour, dt in ((_COARSE, report.dt), (_FINE, report.dt / 2)):
        axes[0, 0].plot([], [], color=colour, label=f"dt = {dt * 1e3:g} ms")
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8)
    return figure


def _draw_variable(left: Axes, right: Axes, row: VariableDifference, ms: object) -> None:
    k = int(np.argmax(np.abs(row.difference).max(axis=0))) if row.difference.size else 0
    (coarse, fine), unit = _by_greatest(np.stack([row.coarse[:, k], row.fine[:, k]]), row)
    left.plot(ms, coarse, color=_COARSE, lw=1.2)  # pyright: ignore[reportArgumentType]
    left.plot(ms, fine, color=_FINE, lw=0.8)  # pyright: ignore[reportArgumentType]
    left.set_ylabel(labelled(row.variable, unit))
    left.set_title(f"{row.group}, element {row.elements[k]}", fontsize=8, loc="left")
    difference, unit = _by_greatest(row.difference[:, k], row)
    right.plot(ms, difference, color=_BETWEEN, lw=0.8)  # pyright: ignore[reportArgumentType]
    right.set_ylabel(labelled("difference", unit))
    right.ticklabel_format(axis="y", scilimits=(-3, 4), useMathText=True)


def _by_greatest(values: Floats, row: VariableDifference) -> tuple[Floats, str]:
    """Values as numbers of the unit that suits the greatest of them."""
    greatest = np.abs(values).max(initial=0.0)
    number, unit = in_suitable_unit(Quantity(greatest, dim=row.dim))
    return values * (float(number) / greatest if greatest else 1.0), unit


def _draw_spikes(left: Axes, right: Axes, spikes: SpikeDifference) -> None:
    bars = left.barh([1, 0], spikes.rates, color=[_COARSE, _FINE], height=0.7)
    left.bar_label(bars, fmt="%.4g", padding=3, fontsize=8)
    left.set_yticks([])
    left.set_xlabel("mean rate of a neuron (Hz)")
    left.set_title(f"{spikes.group}, spikes", fontsize=8, loc="left")
    same = f"{100 * spikes.same:.3g} % of the neurons spike equally often"
    right.set_title(same, fontsize=8, loc="left")
    right.set_xlabel("shift of a spike (ms)")
    right.set_ylabel("spikes")
    if len(spikes.shifts):
        right.hist(spikes.shifts * 1e3, bins=30, color=_BETWEEN)
    else:
        right.set(xticks=[], yticks=[])
