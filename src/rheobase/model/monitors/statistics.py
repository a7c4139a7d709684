"""Monitors that keep statistics instead of values: their memory does not grow with time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import DimensionMismatchError, ModelValueError, UnknownNameError, did_you_mean
from rheobase.ir.builder import Element
from rheobase.ir.domains import Domain, Elementwise, Index, Indexed
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Binary, Call, Compare, Conditional, Expr, Name, Number
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import Clock
from rheobase.model.code import Block
from rheobase.model.group import Group, new_part
from rheobase.model.monitors.base import with_unit
from rheobase.model.monitors.states import Recorder
from rheobase.model.synapses import Synapses
from rheobase.model.variables import Meaning, Variable
from rheobase.units import Quantity, to_si

__all__ = ["HistogramMonitor", "StatisticsMonitor"]


class Reducer(Recorder):
    """Base of monitors that take in the values of each step, and keep something of fixed size."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._owned: list[Slot] = []  # with a place for each position
        super().__init__(*args, **options)

    def _domain(self) -> Domain:
        """The recorded elements; all of a group, where that is what is recorded: whole vectors."""
        if self._records_all and not isinstance(self.source, Synapses):
            return self.source._domain()
        return Indexed(self._list, self._part)

    def _n_positions(self) -> int:
        """How many places the slots need that are reached by the element."""
        positions = self.source._positions_of(self.indices)
        return int(positions.max(initial=-1)) + 1

    def _own(self, name: str, fill: float = 0.0) -> tuple[Slot, Meaning]:
        slot = Slot(name, F64, self._n_positions(), fill)
        self._owned.append(slot)
        return slot, Meaning(Symbol(name, Type.FLOAT), Element(slot, Index.OWN))

    def relocate(self, before: NDArray[Any], now: NDArray[Any]) -> None:
        n = int(now.max(initial=-1)) + 1
        for slot in self._owned:
            values = slot.data[before].copy()
            slot.resize(max(n, len(slot)))
            slot.data[now] = values

    @property
    def variables(self) -> Mapping[str, Variable]:
        """The results, by name."""
        return {}

    def state_names(self) -> Sequence[str]:
        raise NotImplementedError

    def element_numbers(self) -> NDArray[Any]:
        return self.indices


class StatisticsMonitor(Reducer):
    """Mean, variance and extremes over time of variables of each recorded element.

    source, variables, record, dt, clock, when, order   as for StateMonitor

    Five numbers for each element and variable, however long the run is.
    Source: Welford 1962, Technometrics 4:419-420, for mean and variance without cancellation.

    >>> from rheobase import NeuronGroup, StatisticsMonitor, ms, run
    >>> cells = NeuronGroup(2, 'dv/dt = 1/ms : 1')
    >>> S = StatisticsMonitor(cells, 'v')
    >>> run(1*ms)
    >>> [round(float(x), 6) for x in S.mean('v')]
    [0.45, 0.45]
    """

    def __init__(
        self,
        source: Group,
        variables: str | Sequence[str] | bool,
        record: Any = True,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "start",
        order: int = 0,
        name: str = "statisticsmonitor*",
    ) -> None:
        super().__init__(
            source, variables, record, dt=dt, clock=clock, when=when, order=order, name=name
        )
        self._n = Slot("n", I64)
        self._one = new_part(0, 1)
        count = Meaning(Symbol("_n", Type.INTEGER, shared=True), Element(self._n, Index.SHARED))
        self._local = {"_n": count}
        self._slots: dict[str, Slot] = {}
        for n in self.record_variables:
            for what, fill in (
                ("mean", 0.0),
                ("squares", 0.0),
                ("minimum", math.inf),
                ("maximum", -math.inf),
            ):
                key = f"_{what}_{n}"
                self._slots[key], self._local[key] = self._own(key, fill)

    def _make_blocks(self) -> Sequence[Block]:
        statements = tuple(s for n in self.record_variables for s in _welford(n))
        counted = Assign("_n", "+", Number(1))
        local = {**self._local, **self.meanings(self.record_variables)}
        return (
            Block(
                f"{self.name} count", Elementwise(self._one), (counted,), local=local, checked=True
            ),
            Block(f"{self.name} update", self._domain(), statements, local=local, checked=True),
        )

    @property
    def n(self) -> int:
        """The number of steps taken in."""
        return int(self._n.data[0])

    def mean(self, variable: str) -> Any:
        """(n,) the mean over time of each recorded element; nan before the first step."""
        return self._value(variable, "mean")

    def variance(self, variable: str) -> Any:
        """(n,) the mean squared deviation from the mean, in the squared unit of the variable."""
        dim = self.variable(self._known(variable)).dim
        squares = self._raw(variable, "squares")
        return with_unit(squares / max(self.n, 1), dim**2)

    def std(self, variable: str) -> Any:
        """(n,) the standard deviation, the root of the variance."""
        dim = self.variable(self._known(variable)).dim
        return with_unit(np.sqrt(self._raw(variable, "squares") / max(self.n, 1)), dim)

    def minimum(self, variable: str) -> Any:
        """(n,) the smallest value of each recorded element."""
        return self._value(variable, "minimum")

    def maximum(self, variable: str) -> Any:
        """(n,) the greatest value of each recorded element."""
        return self._value(variable, "maximum")

    def _known(self, variable: str) -> str:
        if variable not in self.record_variables:
            near = did_you_mean(variable, self.record_variables)
            message = f"{self._label} takes in no variable '{variable}'. {near}"
            raise UnknownNameError(message.rstrip())
        return variable

    def _raw(self, variable: str, what: str) -> NDArray[np.float64]:
        values = self._slots[f"_{what}_{self._known(variable)}"].data
        chosen = values[self.source._positions_of(self.indices)]
        return chosen if self.n else np.full(len(chosen), np.nan)

    def _value(self, variable: str, what: str) -> Any:
        return with_unit(self._raw(variable, what), self.variable(self._known(variable)).dim)

    def state_names(self) -> Sequence[str]:
        made = ("mean", "variance", "minimum", "maximum")
        return [*(f"{n}_{what}" for n in self.record_variables for what in made), "n"]

    def state_value(self, name: str, units: bool) -> Any:
        if name == "n":
            return self.n
        variable, _, what = name.rpartition("_")
        value = getattr(self, what)(variable)
        return value if units else np.asarray(value)


def _welford(name: str) -> tuple[Assign, ...]:
    """The statements that take in a value."""
    x, delta = Name(name), f"_delta_{name}"
    mean, squares = f"_mean_{name}", f"_squares_{name}"
    least, most = f"_minimum_{name}", f"_maximum_{name}"
    return (
        Assign(delta, None, Binary("-", x, Name(mean))),
        Assign(mean, "+", Binary("/", Name(delta), Name("_n"))),
        Assign(squares, "+", Binary("*", Name(delta), Binary("-", x, Name(mean)))),
        Assign(least, None, Conditional(Compare("<", x, Name(least)), x, Name(least))),
        Assign(most, None, Conditional(Compare(">", x, Name(most)), x, Name(most))),
    )


class HistogramMonitor(Reducer):
    """How often the values of a variable lie in which bin, over all recorded elements and steps.

    variable    its name
    low, high   where the first bin begins and the last one ends
    bins        number of bins, of one width
    the others  as for StateMonitor

    Bin k holds low + k w <= x < low + (k + 1) w. `below` and `above` count what lies outside, nan
    as below. Memory: the bins, and a number for each element.

    >>> from rheobase import HistogramMonitor, NeuronGroup, ms, run
    >>> cells = NeuronGroup(4, 'v : 1')
    >>> cells.v = 'i'
    >>> H = HistogramMonitor(cells, 'v', 0, 3, bins=3)
    >>> run(1*ms)
    >>> H.counts, H.above
    (array([10, 10, 10]), 10)
    """

    def __init__(
        self,
        source: Group,
        variable: str,
        low: Any,
        high: Any,
        bins: int = 50,
        record: Any = True,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "start",
        order: int = 0,
        name: str = "histogrammonitor*",
    ) -> None:
        super().__init__(
            source, [variable], record, dt=dt, clock=clock, when=when, order=order, name=name
        )
        self._low, self._high = self._bound(low, "low"), self._bound(high, "high")
        if int(bins) != bins or bins < 1 or not self._low < self._high:
            raise ModelValueError(
                f"{self._label}: bins are a whole number >= 1 of parts of low < high, not "
                f"{bins} parts of {low} to {high}"
            )
        self._counts = Slot("counts", I64, int(bins) + 2)
        self._places = Slot("bins", I32, self._n_positions())
        self._owned.append(self._places)
        numbers = {
            "_low": self._low,
            "_high": self._high,
            "_scale": int(bins) / (self._high - self._low),
            "_last": bins - 1.0,
        }
        self._constants = {n: Slot(n, F64, fill=x) for n, x in numbers.items()}

    def _bound(self, value: Any, what: str) -> float:
        number, dim = to_si(value)
        wanted = self.variable(self.record_variables[0]).dim
        if dim is not wanted and float(number) != 0:
            raise DimensionMismatchError(
                f"{self._label}: {what} must be in {wanted}, as the variable is, not {value}"
            )
        return float(number)

    def _make_blocks(self) -> Sequence[Block]:
        (variable,) = self.record_variables
        place = Element(self._places, Index.OWN)
        local = {
            "_bin": Meaning(Symbol("_bin", Type.INTEGER), place),
            "_counts": Meaning(Symbol("_counts", Type.INTEGER), Element(self._counts, place)),
        }
        for n, slot in self._constants.items():
            symbol = Symbol(n, Type.FLOAT, shared=True, constant=True)
            local[n] = Meaning(symbol, Element(slot, Index.SHARED))
        local |= self.meanings([variable])
        find = Assign("_bin", None, _bin_of(Name(variable)))
        count = Assign("_counts", "+", Number(1))
        domain = self._domain()
        return (
            Block(f"{self.name} bins", domain, (find,), local=local, checked=True),
            Block(f"{self.name} count", domain, (count,), scatters=True, local=local, checked=True),
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """(bins,) how many values lie in each bin."""
        return self._counts.data[1:-1].copy()

    @property
    def below(self) -> int:
        """How many values lie below the first bin, or are nan."""
        return int(self._counts.data[0])

    @property
    def above(self) -> int:
        """How many values lie above the last bin."""
        return int(self._counts.data[-1])

    @property
    def edges(self) -> Any:
        """(bins + 1,) where the bins begin, and where the last one ends."""
        edges = np.linspace(self._low, self._high, len(self._counts) - 1)
        return with_unit(edges, self.variable(self.record_variables[0]).dim)

    @property
    def density(self) -> Any:
        """(bins,) the fraction of all values in each bin, divided by the width of a bin."""
        width = (self._high - self._low) / len(self.counts)
        dim = self.variable(self.record_variables[0]).dim
        values = self.counts / max(int(self._counts.data.sum()), 1) / width
        return values if dim.is_dimensionless else Quantity(values, dim=dim**-1)

    def state_names(self) -> Sequence[str]:
        return ["edges", "counts", "below", "above"]

    def state_value(self, name: str, units: bool) -> Any:
        value = getattr(self, name)
        return value if units else np.asarray(value)


def _bin_of(x: Expr) -> Expr:
    """1 + the number of the bin; 0 below the first one and for nan, the last + 1 above."""
    scaled = Binary("*", Binary("-", x, Name("_low")), Name("_scale"))
    inside = Call("int", (Call("clip", (scaled, Number(0.0), Name("_last"))),))
    above = Binary("+", Call("int", (Name("_last"),)), Number(2))
    number = Conditional(Compare("<", x, Name("_high")), Binary("+", inside, Number(1)), above)
    return Conditional(Compare(">=", x, Name("_low")), number, Number(0))
