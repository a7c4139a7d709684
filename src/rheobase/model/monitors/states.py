"""Recording variables over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, did_you_mean
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import IndexList
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Name
from rheobase.model.clock import Clock
from rheobase.model.code import Block, Result, Runner
from rheobase.model.group import Group
from rheobase.model.monitors.buffers import Columns
from rheobase.model.variables import Variable, dtype_of
from rheobase.units import Quantity, second

__all__ = ["StateMonitor"]


class StateMonitor(Runner):
    """Records variables of some elements in each step of its clock.

    source      a group or synapses
    variables   a name, or several; True: all
    record      which elements: True (all), a number, an index array
    dt, clock   how often; default: each step of the source

    After a run, `M.v` has shape (recorded elements, times), and `M[k].v` the times of element k.

    >>> from rheobase import NeuronGroup, StateMonitor, ms, run
    >>> cells = NeuronGroup(5, 'dv/dt = -v/(10*ms) : 1')
    >>> cells.v = 1
    >>> M = StateMonitor(cells, 'v', record=[0, 3])
    >>> run(1*ms)
    >>> M.v.shape
    (2, 10)
    """

    add_to_magic_network = True
    invalidates_magic_network = False

    def __init__(
        self,
        source: Group,
        variables: str | Sequence[str] | bool,
        record: Any,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "start",
        order: int = 0,
        name: str = "statemonitor*",
    ) -> None:
        if not isinstance(source, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
            message = f"StateMonitor records a group or synapses, not {source!r}"
            raise ModelTypeError(f"{message}; StateMonitor(source, variables, record=...)")
        own = Clock(dt) if dt is not None else clock
        self.source = source
        super().__init__(
            source, name, self._make_blocks, when=when, order=order, clock=own or source.clock
        )
        self.record_variables = self._chosen(variables)
        if record is True:
            record = np.arange(len(source))
        elif record is False:
            record = np.arange(0)
        self.indices: NDArray[np.int64] = np.atleast_1d(source.view_indices(record))
        listed = Slot("record", I32, len(self.indices))
        listed.data[:] = source.positions(self.indices)
        self._list = IndexList(listed, Slot("n", I64, fill=len(self.indices)))
        self._times = Columns(["t"], [F64])
        dtypes = [dtype_of(self._variable(n).type) for n in self.record_variables]
        self._columns = Columns(self.record_variables, dtypes)

    def _chosen(self, variables: str | Sequence[str] | bool) -> list[str]:
        if variables is True:
            return [n for n in self.source.variables if not self._variable(n).shared]
        names = [variables] if isinstance(variables, str) else list(variables or ())
        for n in names:
            if n not in self.source.variables:
                near = did_you_mean(n, self.source.variables)
                message = f"{self.label}: {self.source.label} has no variable '{n}'."
                raise ModelValueError(f"{message} {near}".rstrip())
        return names

    def _variable(self, name: str) -> Variable:
        return self.source.variables[name]

    def _make_blocks(self) -> Sequence[Block]:
        times = Block(
            f"{self.name} times",
            self._times.record(None, None),
            results=(Result(Name("t"), None, F64),),
            checked=True,
        )
        slots = self._columns.slots
        values = Block(
            f"{self.name} values",
            self._columns.record(self._list, self.source.part),
            results=tuple(Result(Name(n), None, slots[n].dtype) for n in self.record_variables),
            checked=True,
        )
        return times, values

    def before_run(self, n_steps: int) -> None:
        self._times.reserve(n_steps)
        self._columns.reserve(n_steps * len(self.indices))

    @property
    def t(self) -> Quantity:
        """(n_t,) the times."""
        return Quantity(self.t_, dim=second.dim)

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n_t,) the times in seconds."""
        return self._times.column("t")

    @property
    def N(self) -> int:
        """The number of times."""
        return len(self._times)

    def _values(self, name: str, rows: Any = slice(None)) -> Any:
        plain = name.removesuffix("_") if name not in self.record_variables else name
        if plain not in self.record_variables:
            near = did_you_mean(name, self.record_variables)
            raise AttributeError(f"{self.label} does not record '{name}'. {near}".rstrip())
        values = self._columns.column(plain).reshape(len(self._times), len(self.indices))
        chosen = values.T[rows]
        dim = self._variable(plain).dim
        if name != plain or dim.is_dimensionless:
            return chosen
        return Quantity(chosen, dim=dim)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "record_variables" not in self.__dict__:
            raise AttributeError(name)
        return self._values(name)

    def __getitem__(self, item: Any) -> StateMonitorView:
        wanted = self.source.view_indices(item)
        rows: list[int] = []
        for element in np.atleast_1d(wanted):
            found = np.flatnonzero(self.indices == element)
            if not len(found):
                raise IndexError(f"{self.label} does not record element {element}")
            rows.append(int(found[0]))
        return StateMonitorView(self, rows if np.ndim(wanted) else rows[0])


class StateMonitorView:
    """Some of the elements that a StateMonitor records: `M[3].v`."""

    def __init__(self, monitor: StateMonitor, rows: int | list[int]) -> None:
        self._monitor = monitor
        self._rows = rows

    @property
    def t(self) -> Quantity:
        """(n_t,) the times."""
        return self._monitor.t

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n_t,) the times in seconds."""
        return self._monitor.t_

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._monitor._values(name, self._rows)  # pyright: ignore[reportPrivateUsage]
