"""What a change of the step changes, as a figure."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rheobase.accuracy import Accuracy
from rheobase.plotting.figures import new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["accuracy"]


def accuracy(report: Accuracy) -> Figure:
    """One row for each variable: the element that differs most, at each step, and the difference.

    report   of Network.check

    >>> from rheobase import Network, NeuronGroup, ms
    >>> from rheobase.plotting import accuracy
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', method='euler')
    >>> cells.v = 1
    >>> figure = accuracy(Network(cells).check(5*ms))
    >>> len(figure.axes)
    2
    """
    rows = report.variables
    figure = new_figure(9.0, 1.0 + 1.8 * max(len(rows), 1))
    axes = figure.subplots(max(len(rows), 1), 2, sharex=True, squeeze=False)
    for (left, right), row in zip(axes, rows):
        k = int(np.argmax(np.abs(row.difference).max(axis=0))) if row.difference.size else 0
        ms = report.times * 1e3
        left.plot(ms, row.coarse[:, k], color="#c1440e", lw=1, label=f"dt = {report.dt * 1e3:g} ms")
        half = f"dt = {report.dt * 5e2:g} ms"
        left.plot(ms, row.fine[:, k], color="#1f5a94", lw=0.8, label=half)
        left.set_ylabel(f"{row.group}.{row.variable}\nelement {row.elements[k]} (SI)", fontsize=8)
        right.plot(ms, row.difference[:, k], color="#444444", lw=0.8)
        right.set_ylabel("difference (SI)", fontsize=8)
        tidy(left)
        tidy(right)
    for a in axes[-1]:
        a.set_xlabel("time (ms)")
    axes[0, 0].legend(frameon=False, fontsize=8)
    return figure
