"""A raster with the population rate under it."""

# matplotlib declares its keyword arguments without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.plotting.figures import new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["raster_and_rate", "smooth"]

Floats = NDArray[np.float64]
_COLORS = ("#c1440e", "#1f5a94", "#3b7d3b", "#7a4b8f")


class Spikes(Protocol):
    """What a SpikeMonitor has: the neuron and the time (s) of each spike."""

    @property
    def i(self) -> Any: ...
    @property
    def t(self) -> Any: ...


class Rate(Protocol):
    """What a PopulationRateMonitor has: times (s) and rates (Hz)."""

    @property
    def t(self) -> Any: ...
    @property
    def rate(self) -> Any: ...


def smooth(values: Floats, dt: float, width: float) -> Floats:
    """Average with a Gaussian window; at the ends, over the part of the window that is there.

    values  (n,)  any unit; not modified
    dt      ()    s between values, > 0
    width   ()    s, standard deviation of the window; 0 leaves the values as they are
    Returns (n,), in the unit of values.

    >>> import numpy as np
    >>> from rheobase.plotting import smooth
    >>> bool(np.allclose(smooth(np.full(50, 7.0), dt=1e-3, width=3e-3), 7.0))
    True
    """
    reach = int(np.ceil(4.0 * width / dt))
    if reach == 0 or values.size == 0:
        return values.copy()
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) * dt / width) ** 2)
    total = np.convolve(values, window)[reach : reach + values.size]
    weight = np.convolve(np.ones(values.size), window)[reach : reach + values.size]
    return total / weight


def raster_and_rate(
    spikes: Spikes,
    rate: Rate,
    populations: Mapping[str, int],
    *,
    title: str = "",
    n_rows: int = 500,
    width: float = 1e-3,
) -> Figure:
    """Dots for the spikes of some neurons of each population, and below it the rate of them all.

    spikes       a SpikeMonitor
    rate         a PopulationRateMonitor of the same neurons
    populations  name -> number of neurons, in the order of their indices
    n_rows       rows in the raster at most; populations share them in proportion to their sizes
    width        s, standard deviation of the Gaussian that smooths the rate; 0 for none

    Returns a matplotlib figure; save it with figure.savefig("name.png"). Raises ImportError if
    matplotlib is missing, ValueError if there are no neurons.

    >>> from rheobase import *
    >>> from rheobase.plotting import raster_and_rate
    >>> cells = PoissonGroup(20, rates=50*Hz)
    >>> spikes, rate = SpikeMonitor(cells), PopulationRateMonitor(cells)
    >>> net = Network(cells, spikes, rate)
    >>> net.run(100*ms)
    >>> figure = raster_and_rate(spikes, rate, {"input": 20})
    """
    if sum(populations.values()) < 1:
        raise ValueError("raster_and_rate needs at least one neuron, but all populations are empty")
    figure = new_figure()
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    _draw_raster(above, spikes, populations, n_rows)
    if title:
        above.set_title(title, loc="left", fontsize="medium")
    t = np.asarray(rate.t, dtype=np.float64)
    r = np.asarray(rate.rate, dtype=np.float64)
    dt = float(t[1] - t[0]) if t.size > 1 else 1.0
    below.fill_between(1e3 * t, smooth(r, dt, width), color="0.35", lw=0)
    below.set(xlabel="time (ms)", ylabel="rate (Hz)", ylim=(0, None))
    if t.size > 1:
        below.set_xlim(1e3 * t[0], 1e3 * (t[-1] + dt))
    tidy(above)
    tidy(below)
    return figure


def _draw_raster(axes: Axes, spikes: Spikes, populations: Mapping[str, int], n_rows: int) -> None:
    neuron = np.asarray(spikes.i)
    time = 1e3 * np.asarray(spikes.t, dtype=np.float64)
    share = min(1.0, n_rows / sum(populations.values()))
    first, base = 0, 0
    ticks: list[float] = []
    for k, size in enumerate(populations.values()):
        rows = min(size, max(1, round(size * share))) if size else 0
        shown = (neuron >= first) & (neuron < first + rows)
        axes.plot(
            time[shown],
            neuron[shown] - first + base,
            ".",
            color=_COLORS[k % len(_COLORS)],
            markersize=max(2.5, min(4.0, 600 / n_rows)),
            markeredgewidth=0,
            rasterized=True,
        )
        ticks.append(base + (rows - 1) / 2)
        first, base = first + size, base + rows
    axes.set_yticks(ticks, list(populations), rotation=90, va="center")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-1, base)
    axes.set_ylabel(f"{base} of {first} neurons" if base < first else f"{first} neurons")
