"""Recording the rate of a population."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rheobase.errors import ModelTypeError, UnsupportedError
from rheobase.ir.builder import Element
from rheobase.ir.domains import Elementwise, Index, Indexed
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Binary, Name, Number
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import seconds
from rheobase.model.code import Block, Result
from rheobase.model.group import Group, new_part
from rheobase.model.monitors.base import (
    Monitor,
    bin_starts,
    event_source,
    float_dtype,
    steps_in_bin,
    with_unit,
)
from rheobase.model.monitors.buffers import Columns
from rheobase.model.monitors.streams import About, Stream
from rheobase.model.variables import ArrayVariable, Meaning, Variable
from rheobase.topics import topic
from rheobase.units import Quantity, hertz, second

__all__ = ["PopulationRateMonitor"]


class PopulationRateMonitor(Monitor):
    """Records, in each step, the spikes of a group divided by the number of neurons and dt.

    source   a group that spikes, or a part of one
    dtype    how rates are stored: float64, or float32 for half the memory
    stream   a folder: record to disk, as StateMonitor does

    >>> from rheobase import PoissonGroup, PopulationRateMonitor, Hz, ms, run
    >>> inputs = PoissonGroup(100, rates=50*Hz)
    >>> R = PopulationRateMonitor(inputs)
    >>> run(10*ms)
    >>> R.rate.shape
    (100,)
    """

    def __init__(
        self,
        source: Group,
        name: str = "ratemonitor*",
        codeobj_class: object = None,
        dtype: DTypeLike = np.float64,
        stream: str | os.PathLike[str] | None = None,
    ) -> None:
        self.source = source
        self.events = event_source(source, "spike", "PopulationRateMonitor")
        super().__init__(source, name, self._make_blocks, when="end", clock=self.events.clock)
        stored = float_dtype(dtype, self._label) or F64
        names, dtypes = ["t", "rate"], [F64, stored]
        if stream is None:
            self._columns = Columns(names, dtypes)
        else:
            about = About("PopulationRateMonitor", source.name, len(source))
            self._stream = Stream(stream, self.name, about)
            self._columns = self._stream.add(names, dtypes, [second.dim, hertz.dim], 1)
        self._n_events = Slot("spikes in this step", I64)
        self._one = new_part(0, 1)

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What is recorded in each step, by name."""
        slots, dims = self._columns.slots, {"t": second.dim, "rate": hertz.dim}
        return {
            n: ArrayVariable(n, Type.FLOAT, dim, slots[n], read_only=True)
            for n, dim in dims.items()
        }

    def _make_blocks(self) -> Sequence[Block]:
        """Count the spikes that lie in the source, and record."""
        shared = Symbol("_n", Type.INTEGER, shared=True)
        local = {"_n": Meaning(shared, Element(self._n_events, Index.SHARED))}
        reset = Assign("_n", None, Number(0))
        count = Assign("_n", "+", Number(1))
        spikes = Indexed(self.events.current, self.source._part)
        rate = Binary("/", Name("_n"), Binary("*", Name("N"), Name("dt")))
        results = (
            Result(Name("t"), None, F64),
            Result(rate, None, self._columns.slots["rate"].dtype),
        )
        return (
            Block(
                f"{self.name} begin", Elementwise(self._one), (reset,), local=local, checked=True
            ),
            Block(f"{self.name} count", spikes, (count,), scatters=True, local=local, checked=True),
            Block(
                f"{self.name} record",
                self._columns.record(None, None),
                results=results,
                local=local,
                checked=True,
                full=self._columns.full,
            ),
        )

    def before_run(self, n_steps: int) -> None:
        super().before_run(n_steps)
        self._columns.reserve(n_steps)

    # ------------------------------------------------------------ what was recorded
    @property
    def t(self) -> Quantity:
        """(n,) the times."""
        return with_unit(self.t_, second.dim)

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n,) the times in seconds."""
        return self._columns.column("t")

    @property
    def rate(self) -> Quantity:
        """(n,) the rate in each step, 1/s."""
        return with_unit(self.rate_, hertz.dim)

    @property
    def rate_(self) -> NDArray[np.floating[Any]]:
        """(n,) the rate in each step, in Hz."""
        return self._columns.column("rate")

    @property
    def N(self) -> int:
        """The number of times."""
        return len(self._columns)

    def state_names(self) -> Sequence[str]:
        return ["t", "rate", "N"]

    def state_value(self, name: str, units: bool) -> Any:
        if name == "N":
            return self.N
        return with_unit(self._columns.column(name), self.variables[name].dim, units)

    def binned_rate(self, bin_size: Any) -> tuple[Quantity, Quantity]:
        """The mean rate in bins of time.

        bin_size   a multiple of dt
        Returns where the bins begin (n,), and the rates (n,); an unfinished bin is left out. A bin
        of which only a part was recorded has the mean of that part, and nan if there is none.
        """
        steps, clock = steps_in_bin(bin_size, self.clock), self.clock
        n_bins = clock.timestep // steps
        bins = np.round(self.t_[:] / clock.dt_).astype(np.int64) // steps
        inside = bins < n_bins
        n_recorded = np.bincount(bins[inside], minlength=n_bins)
        sums = np.bincount(bins[inside], weights=self.rate_[:][inside], minlength=n_bins)
        means = np.full(n_bins, np.nan)
        np.divide(sums, n_recorded, out=means, where=n_recorded > 0)
        starts = Quantity(bin_starts(n_bins, steps, clock), dim=second.dim)
        return starts, Quantity(means, dim=hertz.dim)

    def smooth_rate(self, window: Any = "gaussian", width: Any = None) -> Quantity:
        """(n,) the rate, averaged over a moving window.

        window   'gaussian': standard deviation `width`, cut off at twice that; 'flat': `width`
                 wide, rounded down to an odd number of steps; or an array of weights with an odd
                 number of entries
        width    a time; not with an array

        Raises ModelTypeError for a window without width, or for weights that are none;
        UnsupportedError for the name of another window.
        """
        weights = self._weights(window, width)
        if not self.N:
            return self.rate
        rates: NDArray[np.float64] = self.rate_[:].astype(np.float64)
        smooth = np.convolve(rates, weights / weights.sum())
        reach = len(weights) // 2
        return Quantity(smooth[reach : reach + self.N], dim=hertz.dim)

    def _weights(self, window: Any, width: Any) -> NDArray[np.float64]:
        if not isinstance(window, str):
            return _own_weights(window, width)
        if width is None:
            raise ModelTypeError(f"smooth_rate: window='{window}' needs a width, e.g. 5*ms")
        steps = seconds(width, "width") / self.clock.dt_
        if window == "flat":
            size = 2 * int(steps / 2) + 1
            if abs(size - steps) > 1e-6 * size:
                topic("window_width").info(
                    "smooth_rate: the width is taken as %s", size * self.clock.dt
                )
            return np.ones(size)
        if window != "gaussian":
            raise UnsupportedError(
                f"smooth_rate: there is no window '{window}'; there are 'gaussian' and 'flat', "
                "and any array of weights"
            )
        reach = max(1, round(2 * steps))
        x = np.arange(-reach, reach + 1)
        return np.exp(-0.5 * (x / steps) ** 2)

    def __repr__(self) -> str:
        return f"<PopulationRateMonitor '{self.name}' of {self.source.name}: {self.N} times>"


def _own_weights(window: Any, width: Any) -> NDArray[np.float64]:
    try:
        weights = np.asarray(window, float)
    except (TypeError, ValueError):
        raise ModelTypeError(
            f"smooth_rate: window is 'gaussian', 'flat' or an array of weights, not {window!r}"
        ) from None
    if width is not None:
        raise ModelTypeError("smooth_rate: an array of weights has its own width")
    if weights.ndim != 1 or len(weights) % 2 != 1:
        raise ModelTypeError("smooth_rate: weights are a row with an odd number of entries")
    return weights
