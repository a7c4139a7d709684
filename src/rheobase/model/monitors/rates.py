"""Recording the rate of a population."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError
from rheobase.ir.builder import Element
from rheobase.ir.dtypes import F64
from rheobase.ir.kernels import Index
from rheobase.lang.nodes import Binary, Name
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import seconds
from rheobase.model.code import Block, Result, Runner
from rheobase.model.group import Group
from rheobase.model.monitors.buffers import Columns
from rheobase.model.spikes import spikes_of
from rheobase.model.variables import Meaning
from rheobase.units import Quantity, hertz, second

__all__ = ["PopulationRateMonitor"]


class PopulationRateMonitor(Runner):
    """Records, in each step, the spikes of a group divided by the number of neurons and dt.

    >>> from rheobase import PoissonGroup, PopulationRateMonitor, Hz, ms, run
    >>> inputs = PoissonGroup(100, rates=50*Hz)
    >>> R = PopulationRateMonitor(inputs)
    >>> run(10*ms)
    >>> R.rate.shape
    (100,)
    """

    add_to_magic_network = True
    invalidates_magic_network = False

    def __init__(self, source: Group, name: str = "ratemonitor*") -> None:
        events = spikes_of(source, "PopulationRateMonitor")
        self.source = source
        self.events = events
        super().__init__(source, name, self._make_blocks, when="end", clock=events.clock)
        self._columns = Columns(["t", "rate"], [F64, F64])

    def _make_blocks(self) -> Sequence[Block]:
        n_events = Meaning(
            Symbol("_n_events", Type.INTEGER, shared=True),
            Element(self.events.current.count, Index.SHARED),
        )
        rate = Binary("/", Name("_n_events"), Binary("*", Name("N"), Name("dt")))
        return (
            Block(
                f"{self.name} record",
                self._columns.record(None, None),
                results=(Result(Name("t"), None, F64), Result(rate, None, F64)),
                local={"_n_events": n_events},
                checked=True,
            ),
        )

    def before_run(self, n_steps: int) -> None:
        self._columns.reserve(n_steps)

    @property
    def t(self) -> Quantity:
        """(n,) the times."""
        return Quantity(self.t_, dim=second.dim)

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n,) the times in seconds."""
        return self._columns.column("t")

    @property
    def rate(self) -> Quantity:
        """(n,) the rate in each step, 1/s."""
        return Quantity(self.rate_, dim=hertz.dim)

    @property
    def rate_(self) -> NDArray[np.float64]:
        """(n,) the rate in each step, in Hz."""
        return self._columns.column("rate")

    def smooth_rate(self, window: Any = "gaussian", width: Any = None) -> Quantity:
        """(n,) the rate, averaged over a moving window.

        window   'gaussian': standard deviation `width`; 'flat': `width` wide, rounded to an odd
                 number of steps; or an array of weights with an odd number of entries
        width    a time; not with an array
        """
        weights = self._weights(window, width)
        kernel = weights / weights.sum()
        return Quantity(np.convolve(self.rate_, kernel, mode="same"), dim=hertz.dim)

    def _weights(self, window: Any, width: Any) -> NDArray[np.float64]:
        if not isinstance(window, str):
            weights = np.asarray(window, float)
            if width is not None:
                raise ModelTypeError("smooth_rate: an array of weights has its own width")
            if weights.ndim != 1 or len(weights) % 2 != 1:
                raise ModelTypeError("smooth_rate: weights are a row with an odd number of entries")
            return weights
        if width is None:
            raise ModelTypeError(f"smooth_rate: window='{window}' needs a width, e.g. 5*ms")
        steps = seconds(width, "width") / self.clock.dt_
        if window == "flat":
            return np.ones(2 * int(steps / 2) + 1)
        if window != "gaussian":
            raise ModelValueError(
                f"smooth_rate: there is no window '{window}'; there are 'gaussian' and 'flat'"
            )
        reach = max(1, round(2 * steps))
        x = np.arange(-reach, reach + 1)
        return np.exp(-0.5 * (x / steps) ** 2)
