"""Recording events, spikes above all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError, did_you_mean
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index, Indexed
from rheobase.ir.dtypes import F64, I32, I64, DType
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Name, Number
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import Block, Result
from rheobase.model.group import Group
from rheobase.model.monitors.base import (
    Monitor,
    bin_starts,
    event_source,
    recorded_dtype,
    steps_in_bin,
    with_unit,
)
from rheobase.model.monitors.buffers import Columns
from rheobase.model.monitors.entries import entries_where, with_conditions
from rheobase.model.monitors.recordings import StoredValues
from rheobase.model.monitors.streams import About, Stream
from rheobase.model.variables import ArrayVariable, Meaning, Variable
from rheobase.units import Quantity, hertz, second
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["EventMonitor", "SpikeMonitor"]


class EventMonitor(Monitor):
    """Records which element has an event, and when.

    source      a group that has the event, or a part of one: then elements are numbered within it
    event       the name of the event
    variables   names of variables of the element to record with each event
    record      False: keep the number of events of each element only, and `variables`
    stream      a folder: record to disk, as StateMonitor does
    when, order where in the step; default: right after the events are found, so that variables
                have the values that caused the event, before any reset

    `i` and `t` hold one entry for each event, in order of time, then of element. They, and recorded
    variables, take conditions as index: `t['i == 3']`, `v['t > 5*ms']`.
    Raises ModelTypeError for a source without events, ModelValueError for an unknown event or
    variable, and for an order without `when`.

    >>> from rheobase import EventMonitor, NeuronGroup, ms, run
    >>> cells = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> events = EventMonitor(cells, 'spike')
    >>> run(20*ms)
    >>> events.num_events
    4
    """

    def __init__(
        self,
        source: Group,
        event: str,
        variables: str | Sequence[str] | None = None,
        record: bool = True,
        when: str | None = None,
        order: int | None = None,
        name: str = "eventmonitor*",
        codeobj_class: object = None,
        stream: str | os.PathLike[str] | None = None,
    ) -> None:
        label = type(self).__name__
        events = event_source(source, event, label)
        if order is not None and when is None:
            raise ModelValueError(f"{label}: an order counts within a slot; give 'when', too")
        self.source = source
        self.event = event
        self.events = events
        super().__init__(
            source,
            name,
            self._make_blocks,
            when=events.when if when is None else when,
            order=order if order is not None else events.order + 1 if when is None else 0,
            clock=events.clock,
        )
        self.record = bool(record)
        names = [variables] if isinstance(variables, str) else list(variables or ())
        for n in names:
            if n not in source.variables:
                near = did_you_mean(n, source.variables)
                raise ModelValueError(
                    f"{self._label}: {source._label} has no variable '{n}'. {near}".rstrip()
                )
        dtypes = {n: recorded_dtype(source.variables[n]) for n in names}
        if self.record:
            dtypes = {"i": I32, "t": F64} | dtypes
        self._columns = self._make_columns(dtypes, stream)
        self._positions = source._positions_of(np.arange(len(source)))
        self._counts = Slot("count", I64, 0 if self.record else int(self._positions.max()) + 1)

    def _make_columns(
        self, dtypes: Mapping[str, DType], stream: str | os.PathLike[str] | None
    ) -> Columns:
        if stream is None:
            return Columns(list(dtypes), list(dtypes.values()))
        if not self.record:
            raise ModelValueError(f"{self._label}: record=False leaves nothing to stream")
        about = About(type(self).__name__, self.source.name, len(self.source))
        self._stream = Stream(stream, self.name, about)
        dims = [DIMENSIONLESS if n == "i" else self.source.variables[n].dim for n in dtypes]
        return self._stream.add(list(dtypes), list(dtypes.values()), dims, 1)

    def before_run(self, n_steps: int) -> None:
        super().before_run(n_steps)
        if self._stream is not None:
            self._columns.reserve(0)

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What is recorded of each event, by name."""
        return {n: self._described(n) for n in self._columns.slots}

    def _described(self, name: str) -> ArrayVariable:
        kind, dim = Type.INTEGER, DIMENSIONLESS
        if name != "i":
            variable = self.source.variables[name]
            kind, dim = variable.type, variable.dim
        return ArrayVariable(name, kind, dim, self._columns.slots[name], read_only=True)

    def _make_blocks(self) -> Sequence[Block]:
        blocks: list[Block] = []
        if not self.record:
            blocks.append(self._count_block())
        if self._columns.slots:
            meant = {"t": self.events.time}
            results = tuple(
                Result(Name(meant.get(n, n)), None, s.dtype) for n, s in self._columns.slots.items()
            )
            domain = self._columns.record(self.events.current, self.source._part)
            blocks.append(
                Block(
                    f"{self.name} record",
                    domain,
                    results=results,
                    checked=True,
                    full=self._columns.full,
                )
            )
        return blocks

    def _count_block(self) -> Block:
        count = Meaning(Symbol("_count", Type.INTEGER), Element(self._counts, Index.OWN))
        domain = Indexed(self.events.current, self.source._part)
        add = Assign("_count", "+", Number(1))
        return Block(f"{self.name} count", domain, (add,), local={"_count": count}, checked=True)

    # ------------------------------------------------------------ what was recorded
    @property
    def i(self) -> NDArray[np.int32]:
        """(n,) the element of each event; i['t > 5*ms'] chooses some."""
        return self._entries("i")

    @property
    def t(self) -> Quantity:
        """(n,) the time of each event; t['i == 3'] chooses some."""
        return self._entries("t")

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n,) the time of each event in seconds."""
        return self._column("t")

    @property
    def it(self) -> tuple[NDArray[np.int32], Quantity]:
        """(i, t)."""
        return self.i, self.t

    @property
    def it_(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """(i, t in seconds)."""
        return self.i, self.t_

    @property
    def count(self) -> NDArray[np.int64]:
        """(N,) the number of events of each element."""
        if not self.record:
            return self._counts.data[self._positions]
        elements = self.i
        pieces = elements.chunks() if isinstance(elements, StoredValues) else [elements]
        counts = np.zeros(len(self.source), np.int64)
        for piece in pieces:
            counts += np.bincount(piece, minlength=len(counts))
        return counts

    @property
    def num_events(self) -> int:
        """The number of all events."""
        return len(self._columns) if self.record else int(self._counts.data.sum())

    @property
    def N(self) -> int:
        """The number of all events."""
        return self.num_events

    def values(self, var: str) -> dict[int, Any]:
        """For each element, the recorded values of a variable at its events."""
        elements = self.i[:]
        order = np.argsort(elements, kind="stable")  # in order of time for each element
        bounds = np.cumsum(np.bincount(elements, minlength=len(self.source)))[:-1]
        return dict(enumerate(np.split(getattr(self, var)[:][order], bounds)))

    def all_values(self) -> dict[str, dict[int, Any]]:
        """For each recorded variable and `t`, what `values` gives."""
        return {n: self.values(n) for n in self.variables if n != "i"}

    def event_trains(self) -> dict[int, Any]:
        """For each element, the times of its events."""
        return self.values("t")

    def binned_rate(self, bin_size: Any) -> tuple[Quantity, Quantity]:
        """The rate of each element in bins of time.

        bin_size   a multiple of dt
        Returns where the bins begin (n,), and the rates (N, n); an unfinished bin is left out.
        """
        steps, clock = steps_in_bin(bin_size, self.clock), self.clock
        n_bins, n_elements = clock.timestep // steps, len(self.source)
        # times on the grid are rounded; those between grid points belong to the step they lie in
        bins = np.floor(self.t_[:] / clock.dt_ + 1e-3).astype(np.int64) // steps
        inside = bins < n_bins
        cells = self.i[:][inside] * np.int64(n_bins) + bins[inside]
        counts = np.bincount(cells, minlength=n_elements * n_bins).reshape(n_elements, n_bins)
        starts = Quantity(bin_starts(n_bins, steps, clock), dim=second.dim)
        return starts, Quantity(counts / (steps * clock.dt_), dim=hertz.dim)

    # ------------------------------------------------------------ by name
    def _column(self, name: str) -> NDArray[Any]:
        if name not in self._columns.slots:
            raise AttributeError(name)  # __getattr__ says why
        return self._columns.column(name)

    def _entries(self, name: str) -> Any:
        """A column with its unit, which takes conditions on all columns as index."""
        values = self._column(name)
        if isinstance(values, StoredValues):
            return with_unit(values, self._dim(name))
        return with_conditions(values, self._dim(name), self._where)

    def _where(self, condition: str) -> NDArray[np.bool_]:
        columns = {n: self._columns.column(n) for n in self._columns.slots}
        return entries_where(condition, self.variables, columns, self._label)

    def _dim(self, name: str) -> Dimension:
        return self.variables[name].dim

    def state_names(self) -> Sequence[str]:
        return [*self.variables, "count", "N"]

    def state_value(self, name: str, units: bool) -> Any:
        if name in ("count", "N"):
            return getattr(self, name)
        return with_unit(self._column(name), self._dim(name), units)

    def element_numbers(self) -> NDArray[Any]:
        return np.arange(len(self.source))

    def __getattr__(self, name: str) -> Any:
        plain = name.removesuffix("_")
        columns: Columns | None = self.__dict__.get("_columns")
        known = [] if columns is None else list(columns.slots)
        if columns is None or plain not in known:
            if plain in ("i", "t", "it"):
                raise AttributeError(
                    f"{self._label} was made with record=False: it has no '{name}', only 'count'"
                )
            near = did_you_mean(plain, [*known, "count"])
            raise AttributeError(f"{type(self).__name__} has no '{name}'. {near}".rstrip())
        return self._entries(plain) if name == plain else columns.column(plain)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}' of {self.source.name}: {self.N} events>"


class SpikeMonitor(EventMonitor):
    """Records which neuron spikes when; see EventMonitor for the arguments.

    >>> from rheobase import NeuronGroup, SpikeMonitor, ms, run
    >>> cells = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> spikes = SpikeMonitor(cells)
    >>> run(20*ms)
    >>> spikes.count
    array([2, 2])
    """

    def __init__(
        self,
        source: Group,
        variables: str | Sequence[str] | None = None,
        record: bool = True,
        when: str | None = None,
        order: int | None = None,
        name: str = "spikemonitor*",
        codeobj_class: object = None,
        stream: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(source, "spike", variables, record, when, order, name, stream=stream)

    @property
    def num_spikes(self) -> int:
        """The number of all spikes."""
        return self.num_events

    def spike_trains(self) -> dict[int, Any]:
        """For each neuron, the times of its spikes."""
        return self.event_trains()
