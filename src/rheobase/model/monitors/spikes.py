"""Recording spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError
from rheobase.ir.builder import Element
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import Index, Indexed
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Name, Number
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import Block, Result, Runner
from rheobase.model.group import Group
from rheobase.model.monitors.buffers import Columns
from rheobase.model.spikes import spikes_of
from rheobase.model.variables import Meaning, dtype_of
from rheobase.units import Quantity, second

__all__ = ["SpikeMonitor"]


class SpikeMonitor(Runner):
    """Records which neuron spikes when.

    source      a group that spikes
    variables   names of variables of the neuron to record with each spike: their values before
                the reset
    record      False: only count

    `i` and `t` hold one entry for each spike, in order of time, then of neuron.

    >>> from rheobase import NeuronGroup, SpikeMonitor, ms, run
    >>> cells = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> spikes = SpikeMonitor(cells)
    >>> run(20*ms)
    >>> spikes.count
    array([2, 2])
    """

    add_to_magic_network = True
    invalidates_magic_network = False

    def __init__(
        self,
        source: Group,
        variables: str | Sequence[str] | None = None,
        record: bool = True,
        when: str | None = None,
        order: int | None = None,
        name: str = "spikemonitor*",
    ) -> None:
        events = spikes_of(source, "SpikeMonitor")
        self.source = source
        self.events = events
        names = [variables] if isinstance(variables, str) else list(variables or ())
        super().__init__(
            source,
            name,
            self._make_blocks,
            when=events.when if when is None else when,
            order=events.order + 1 if order is None else order,
            clock=events.clock,
        )
        unknown = [n for n in names if n not in source.variables]
        if unknown:
            raise ModelValueError(f"{self.label}: {source.label} has no variable '{unknown[0]}'")
        self.record = bool(record)
        self._names = names
        dtypes = [dtype_of(source.variables[n].type) for n in names]
        self._columns = Columns(["i", "t", *names], [I32, F64, *dtypes])
        self._counts = Slot("count", I64, len(source))

    def _make_blocks(self) -> Sequence[Block]:
        if not self.record:
            return (self._count_block(),)
        names = ["i", "t", *self._names]
        slots = self._columns.slots
        results = tuple(Result(Name(n), None, slots[n].dtype) for n in names)
        domain = self._columns.record(self.events.current, self.source.part)
        return (Block(f"{self.name} record", domain, results=results, checked=True),)

    def _count_block(self) -> Block:
        count = Meaning(Symbol("_count", Type.INTEGER), Element(self._counts, Index.OWN))
        domain = Indexed(self.events.current, self.source.part)
        add = Assign("_count", "+", Number(1))
        return Block(f"{self.name} count", domain, (add,), local={"_count": count}, checked=True)

    @property
    def i(self) -> NDArray[np.int32]:
        """(n,) the neuron of each spike."""
        return self._columns.column("i")

    @property
    def t(self) -> Quantity:
        """(n,) the time of each spike."""
        return Quantity(self.t_, dim=second.dim)

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n,) the time of each spike in seconds."""
        return self._columns.column("t")

    @property
    def it(self) -> tuple[NDArray[np.int32], Quantity]:
        """(i, t)."""
        return self.i, self.t

    @property
    def count(self) -> NDArray[np.int64]:
        """(N,) the number of spikes of each neuron."""
        if not self.record:
            return self._counts.data.copy()
        return np.bincount(self.i, minlength=len(self.source))

    @property
    def num_spikes(self) -> int:
        """The number of all spikes."""
        return len(self._columns) if self.record else int(self._counts.data.sum())

    N = num_spikes

    def values(self, variable: str) -> dict[int, Any]:
        """For each neuron, the recorded values of a variable at its spikes."""
        order = np.argsort(self.i, kind="stable")
        bounds = np.cumsum(self.count)[:-1]
        return dict(enumerate(np.split(getattr(self, variable)[order], bounds)))

    def spike_trains(self) -> dict[int, Quantity]:
        """For each neuron, the times of its spikes."""
        return self.values("t")

    def __getattr__(self, name: str) -> Any:
        plain = name.removesuffix("_")
        if plain not in self.__dict__.get("_names", ()):
            raise AttributeError(f"SpikeMonitor has no '{name}'")
        values = self._columns.column(plain)
        dim = self.source.variables[plain].dim
        if name != plain or dim.is_dimensionless:
            return values
        return Quantity(values, dim=dim)
