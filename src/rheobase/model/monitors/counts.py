"""Monitors that reduce events in the loop: rates in bins, and the regularity of each neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError
from rheobase.ir.builder import Element
from rheobase.ir.domains import Elementwise, Index, Indexed
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Binary, Compare, Conditional, Expr, Name, Number
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import Block
from rheobase.model.group import Group, new_part
from rheobase.model.monitors.base import Monitor, bin_starts, event_source, steps_in_bin, with_unit
from rheobase.model.variables import Meaning, Variable
from rheobase.units import Quantity, hertz, second

__all__ = ["BinnedRateMonitor", "SpikeStatisticsMonitor"]

_MOST = 2**31 - 1  # counters that a number of a place can tell apart


class EventReducer(Monitor):
    """Base of monitors that take in the events of each step, and keep something of fixed size.

    source   a group that has the event, or a part of one
    event    its name
    """

    def __init__(self, source: Group, event: str, name: str, order: int) -> None:
        self.source = source
        self.event = event
        self.events = event_source(source, event, type(self).__name__)
        super().__init__(
            source, name, self._make_blocks, when="end", order=order, clock=self.events.clock
        )
        self._positions = source._positions_of(np.arange(len(source)))
        self._one = new_part(0, 1)
        self._local: dict[str, Meaning] = {}

    def _each(self, name: str, kind: Type = Type.FLOAT) -> Slot:
        """A number for each element, which code knows by this name."""
        dtype = F64 if kind is Type.FLOAT else I64
        slot = Slot(name, dtype, int(self._positions.max()) + 1)
        self._local[name] = Meaning(Symbol(name, kind), Element(slot, Index.OWN))
        return slot

    def _shared(self, name: str, value: int = 0) -> Slot:
        """A whole number for all, which code knows by this name."""
        slot = Slot(name, I64, fill=value)
        symbol = Symbol(name, Type.INTEGER, shared=True)
        self._local[name] = Meaning(symbol, Element(slot, Index.SHARED))
        return slot

    def _step_block(self, *statements: Assign) -> Block:
        """What is done once in each step."""
        domain = Elementwise(self._one)
        return Block(f"{self.name} step", domain, statements, local=self._local, checked=True)

    def _event_block(self, *statements: Assign, scatters: bool = False) -> Block:
        """What is done for each event of a step."""
        domain = Indexed(self.events.current, self.source._part)
        return Block(
            f"{self.name} events",
            domain,
            statements,
            local=self._local,
            checked=True,
            scatters=scatters,
        )

    def _make_blocks(self) -> Sequence[Block]:
        raise NotImplementedError

    @property
    def variables(self) -> Mapping[str, Variable]:
        """The results, by name."""
        return {}

    def element_numbers(self) -> NDArray[Any]:
        return np.arange(len(self.source))

    def state_value(self, name: str, units: bool) -> Any:
        value = getattr(self, name)
        return value if units else np.asarray(value)


class BinnedRateMonitor(EventReducer):
    """Counts events in bins of time while the run goes on: rates without keeping any spike.

    source     a group that has the event, or a part of one
    bin_size   a multiple of dt
    each       True: a rate for each element; False: the mean over all of them
    event      which event; default: spikes

    Memory: 4 bytes a bin, for each element if `each`. Bins begin at t = 0; one that was not
    watched from its beginning to its end is left out.
    Raises ModelValueError if bin_size is no multiple of dt, or dt has changed between runs.

    >>> from rheobase import BinnedRateMonitor, SpikeGeneratorGroup, ms, run
    >>> source = SpikeGeneratorGroup(2, [0, 1, 0], [1, 2, 12]*ms)
    >>> R = BinnedRateMonitor(source, 10*ms)
    >>> run(20*ms)
    >>> R.t, R.rate
    (array([ 0., 10.]) * msecond, array([100.,  50.]) * hertz)
    """

    def __init__(
        self,
        source: Group,
        bin_size: Any,
        each: bool = False,
        event: str = "spike",
        order: int = 0,
        name: str = "binnedratemonitor*",
    ) -> None:
        super().__init__(source, event, name, order)
        self.bin_size, self.each = bin_size, each
        self._steps = self._shared("_steps", steps_in_bin(bin_size, self.clock))
        self._shared("_bin")
        self._counts = Slot("counts", I32, 0)
        self._places = Slot("places", I32, int(self._positions.max()) + 1)
        place = Element(self._places, Index.OWN)
        self._local["_place"] = Meaning(Symbol("_place", Type.INTEGER), place)
        counts = Element(self._counts, place)
        self._local["_counts"] = Meaning(Symbol("_counts", Type.INTEGER), counts)
        self._first: int | None = None  # the first step that was watched

    def _make_blocks(self) -> Sequence[Block]:
        number = Binary("//", Name("t_in_timesteps"), Name("_steps"))
        place: Expr = Name("_bin")
        if self.each:
            place = Binary("+", Binary("*", Name("_bin"), Name("N")), Name("i"))
        return (
            self._step_block(Assign("_bin", None, number)),
            self._event_block(Assign("_place", None, place)),
            self._event_block(Assign("_counts", "+", Number(1)), scatters=True),
        )

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        if self._first is not None and steps_in_bin(self.bin_size, self.clock) != self._n_steps:
            raise ModelValueError(
                f"{self._label}: dt has changed between runs, and with it how many steps a bin "
                "has; make a new monitor"
            )
        self._steps.data[0] = steps_in_bin(self.bin_size, self.clock)
        super()._prepare(namespace)

    def before_run(self, n_steps: int) -> None:
        super().before_run(n_steps)
        now = self.clock.timestep
        if self._first is None:
            self._first = now
        size = (-(-(now + n_steps) // self._n_steps)) * self._width
        if size > _MOST:
            raise ModelValueError(
                f"{self._label}: {size} counts are more than {_MOST}; choose longer bins"
            )
        if len(self._counts) < size:
            self._counts.resize(size)

    @property
    def _n_steps(self) -> int:
        """How many steps a bin has."""
        return int(self._steps.data[0])

    @property
    def _width(self) -> int:
        """How many counts a bin has."""
        return len(self.source) if self.each else 1

    def _range(self) -> tuple[int, int]:
        """The first bin that was watched wholly, and the one after the last."""
        first = -(-(self._first or 0) // self._n_steps)
        return first, max(first, self.clock.timestep // self._n_steps)

    @property
    def t(self) -> Quantity:
        """(n,) where the bins begin."""
        first, end = self._range()
        return with_unit(bin_starts(end, self._n_steps, self.clock)[first:], second.dim)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n,) the number of events in each bin; (N, n) if `each`."""
        first, end = self._range()
        width = self._width
        found = self._counts.data[first * width : end * width].astype(np.int64)
        return found.reshape(-1, width).T if self.each else found

    @property
    def rate(self) -> Quantity:
        """(n,) the mean rate of an element in each bin; (N, n), the rates of all, if `each`."""
        seconds = self._n_steps * self.clock.dt_ * (1 if self.each else len(self.source))
        return Quantity(self.counts / seconds, dim=hertz.dim)

    def state_names(self) -> Sequence[str]:
        return ["t", "counts", "rate"]


class SpikeStatisticsMonitor(EventReducer):
    """How often and how regularly each neuron spikes: counted in the run, without keeping spikes.

    source   a group that has the event, or a part of one
    event    which event; default: spikes

    Four numbers for each element, however long the run is. All values have shape (N,); nan where
    there are too few events.
    Source: Welford 1962, Technometrics 4:419-420, for mean and variance of intervals.

    >>> from rheobase import SpikeGeneratorGroup, SpikeStatisticsMonitor, ms, run
    >>> source = SpikeGeneratorGroup(1, [0, 0, 0], [1, 3, 7]*ms)
    >>> S = SpikeStatisticsMonitor(source)
    >>> run(10*ms)
    >>> S.count, S.rate, S.isi_mean
    (array([3]), array([300.]) * hertz, array([3.]) * msecond)
    >>> round(float(S.cv[0]), 6)
    0.333333
    """

    def __init__(
        self,
        source: Group,
        event: str = "spike",
        order: int = 0,
        name: str = "spikestatisticsmonitor*",
    ) -> None:
        super().__init__(source, event, name, order)
        self._n = self._shared("_n")
        self._count = self._each("_count", Type.INTEGER)
        self._mean, self._squares = self._each("_mean"), self._each("_squares")
        self._last = self._each("_last")

    def _make_blocks(self) -> Sequence[Block]:
        """Each event but the first ends an interval, number _count."""
        known = Compare(">", Name("_count"), Number(0))
        interval = Binary("-", Name("t"), Name("_last"))
        delta = Conditional(known, Binary("-", Name("_interval"), Name("_mean")), Number(0.0))
        number = Conditional(known, Name("_count"), Number(1))
        change = Binary("*", Name("_delta"), Binary("-", Name("_interval"), Name("_mean")))
        return (
            self._step_block(Assign("_n", "+", Number(1))),
            self._event_block(
                Assign("_interval", None, interval),
                Assign("_delta", None, delta),
                Assign("_mean", "+", Binary("/", Name("_delta"), number)),
                Assign("_squares", "+", change),
                Assign("_last", None, Name("t")),
                Assign("_count", "+", Number(1)),
            ),
        )

    @property
    def count(self) -> NDArray[np.int64]:
        """The number of events."""
        return self._count.data[self._positions]

    @property
    def rate(self) -> Quantity:
        """The number of events, divided by the time that was watched."""
        n, dt = int(self._n.data[0]), self.clock.dt_
        return Quantity(self.count / (n * dt) if n else np.full(len(self.count), np.nan), hertz.dim)

    @property
    def isi_mean(self) -> Quantity:
        """The mean interval between events."""
        return Quantity(self._intervals(self._mean.data[self._positions], 1), dim=second.dim)

    @property
    def isi_std(self) -> Quantity:
        """The standard deviation of the intervals: the root of their mean squared deviation."""
        variance = self._squares.data[self._positions] / np.maximum(self.count - 1, 1)
        return Quantity(self._intervals(np.sqrt(variance), 2), dim=second.dim)

    @property
    def cv(self) -> NDArray[np.float64]:
        """The coefficient of variation, isi_std/isi_mean: 0 is regular, 1 as of a Poisson process
        of the same mean."""
        return np.asarray(self.isi_std) / np.asarray(self.isi_mean)

    def _intervals(self, values: NDArray[np.float64], least: int) -> NDArray[np.float64]:
        """The values of elements with so many intervals; nan for others."""
        return np.where(self.count - 1 >= least, values, np.nan)

    def state_names(self) -> Sequence[str]:
        return ["count", "rate", "isi_mean", "isi_std", "cv"]
