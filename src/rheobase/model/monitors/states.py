"""Recording variables over time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rheobase.errors import (
    Fault,
    ModelTypeError,
    ModelValueError,
    UnknownNameError,
    did_you_mean,
    raise_faults,
)
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index, IndexList
from rheobase.ir.dtypes import F64, I32, I64, DType
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Name
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import Clock
from rheobase.model.code import Block, Result, run_works
from rheobase.model.group import Group, new_part
from rheobase.model.monitors.base import Monitor, float_dtype, recorded_dtype, with_unit
from rheobase.model.monitors.buffers import Columns
from rheobase.model.monitors.reach import SynapseReach
from rheobase.model.monitors.streams import About, Stream
from rheobase.model.synapses import Synapses
from rheobase.model.variables import ArrayVariable, Meaning, Variable
from rheobase.units import Quantity, second

__all__ = ["Recorder", "StateMonitor", "StateMonitorView"]

_STANDARD = frozenset(("i", "j", "N", "t", "dt", "t_in_timesteps"))
_EVERYWHERE = 2**62  # more elements than any group has


class Recorder(Monitor):
    """Base of monitors that look at variables of some elements in each step of a clock.

    source      a group or synapses
    variables   names; True: all that the model declares
    record      which elements: True (all), False (none), numbers, or what indexes the source
    """

    def __init__(
        self,
        source: Group,
        variables: str | Sequence[str] | bool,
        record: Any,
        *,
        dt: Any,
        clock: Clock | None,
        when: str,
        order: int,
        name: str,
    ) -> None:
        if not isinstance(source, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
            cls = type(self).__name__
            message = f"{cls} records a group or synapses, not {source!r}"
            raise ModelTypeError(f"{message}; {cls}(source, variables, record=...)")
        own = Clock(dt) if dt is not None else clock
        self.source = source
        self._reach = SynapseReach(source) if isinstance(source, Synapses) else None
        self._namespace: Mapping[str, Any] = {}
        super().__init__(
            source, name, self._make_blocks, when=when, order=order, clock=own or source.clock
        )
        self.record_variables = self._chosen(variables)
        self._records_all = record is True
        if record is True or record is False:
            record = np.arange(len(source) if record else 0)
        elif isinstance(record, tuple) and self._reach is None:
            record = list(cast("tuple[Any, ...]", record))  # numbers; of synapses, S[i, j]
        elif isinstance(record, float) and record.is_integer():
            record = int(record)  # record=N/2
        elif record is ... or (isinstance(record, str) and record in ("all", ":", "*")):
            met = "..." if record is ... else repr(record)
            raise ModelTypeError(f"{self._label}: record=True records all elements, not {met}")
        self._indices: NDArray[np.int64] = np.atleast_1d(source._view_indices(record))
        if isinstance(source, Synapses):
            source._followers.add(self)
        self._listed = Slot("record", I32, len(self._indices))
        self._list = IndexList(self._listed, Slot("n", I64, fill=len(self._indices)))
        self._listed.data[:] = source._positions_of(self._indices)
        self._part = new_part(0, _EVERYWHERE)

    def _chosen(self, variables: str | Sequence[str] | bool) -> list[str]:
        if variables is True:
            hidden = {n for n in self.source.variables if n.startswith("_")} | _STANDARD
            return [n for n in self.source.variables if n not in hidden]
        if isinstance(variables, str):
            variables = [variables]
        if not _are_names(variables):
            raise ModelTypeError(
                f"{self._label}: variables are a name, a list of names, or True, not {variables!r}"
            )
        for n in variables:
            self.variable(n)
        return list(dict.fromkeys(variables))

    @property
    def indices(self) -> NDArray[np.int64]:
        """(n,) which elements are recorded, by number; -1: a synapse that is no more."""
        len(self.source)  # synapses that have come and gone in this run are counted anew
        return self._indices

    @property
    def record(self) -> NDArray[np.int64]:
        """The same."""
        return self.indices

    def variable(self, name: str) -> Variable:
        """The source's variable; for synapses, also that of a neuron: v_pre, v_post, v."""
        found = self.source.variables.get(name)
        if found is None and isinstance(self.source, Synapses):
            _, found = self.source._neuron_variable(name) or (None, None)
        if found is None:
            near = did_you_mean(name, self.source.variables)
            message = f"{self._label}: {self.source._label} has no variable '{name}'. {near}"
            raise UnknownNameError(message.rstrip())
        return found

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        there = np.maximum(self.indices, 0)  # what is read for those that are no more is lost
        n = len(self.source)
        self._stand_at(self.source._positions_of(there) if n else np.zeros_like(there), n)
        super()._prepare(namespace)
        if self._reach is not None:
            self._reach.fill()

    def meanings(self, names: Sequence[str]) -> dict[str, Meaning]:
        """What names mean that the source alone would read row by row."""
        if self._reach is None:
            return {}
        found: dict[str, Meaning] = {}
        for name in names:
            meaning = self._reach.meaning(name, self._namespace)
            if isinstance(meaning, Meaning):
                found[name] = meaning
            elif meaning is not None:
                faults = [meaning] if isinstance(meaning, Fault) else meaning
                raise_faults(faults, f"{self._label}, {name}")
        return found

    def renumber(self, numbers: NDArray[np.int64]) -> None:
        """Recorded synapses are counted anew, or are no more; see synapticgroup.Follower."""
        living = self._indices >= 0
        self._indices = np.where(living, numbers[np.where(living, self._indices, 0)], -1)
        lost = np.flatnonzero(living & (self._indices < 0))
        if len(lost):
            self.lose(lost)

    def entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """During a run, recorded synapses stand elsewhere; see synapticgroup.Follower."""
        self._stand_at(np.maximum(moved[self._listed.data], 0), n)
        if self._reach is not None:
            self._reach.entries_moved(moved, n)

    def entries_removed(self, entries: NDArray[np.int64]) -> None:
        """During a run, recorded synapses may be gone; see synapticgroup.Follower."""
        lost = np.flatnonzero((self._indices >= 0) & np.isin(self._listed.data, entries))
        if len(lost):
            self._indices[lost] = -1
            self.lose(lost)

    def _stand_at(self, positions: NDArray[Any], n: int) -> None:
        """What is recorded stands at these positions; of n, so that there is nothing if n is 0."""
        self._list.count.data[0] = len(positions) if n else 0
        if not np.array_equal(positions, self._listed.data):
            self.relocate(self._listed.data.copy(), positions)
            self._listed.data[:] = positions

    def relocate(self, before: NDArray[Any], now: NDArray[Any]) -> None:
        """What was recorded at some positions is at others from now on."""

    def lose(self, rows: NDArray[np.int64]) -> None:
        """Recorded synapses have been removed."""
        raise ModelValueError(
            f"{self._label} records a synapse that has been removed; only a StateMonitor "
            "that records to memory can"
        )

    def _make_blocks(self) -> Sequence[Block]:
        raise NotImplementedError

    def record_single_timestep(self) -> None:
        """Record now, once, beside the steps of the clock: the state after the last run.

        Raises ModelTypeError before the first run.
        """
        if not self._work():
            raise ModelTypeError(
                f"{self._label}: there is no run yet whose state could be recorded"
            )
        run_works(self._work())

    def rows(self, item: Any) -> int | list[int]:
        """Where recorded elements stand; IndexError for one that is not recorded."""
        wanted = self.source._view_indices(item)
        rows: list[int] = []
        for element in np.atleast_1d(wanted):
            found = np.flatnonzero(self.indices == element)
            if not len(found):
                raise IndexError(f"{self._label} does not record element {element}")
            rows.append(int(found[0]))
        return rows if np.ndim(wanted) else rows[0]

    def element_numbers(self) -> NDArray[Any]:
        return self.indices


class StateMonitor(Recorder):
    """Records variables of some elements in each step of its clock.

    source      a group or synapses
    variables   a name, or several; True: all that the model declares
    record      which elements: True (all), False (none), a number, numbers, S[i, j]
    dt, clock   how often; default: each step of the source; an EventClock: at any times
    dtype       how floats are stored: None: as the source does; float32 halves the memory
    stream      a folder: record to disk instead of memory, as `stream='results.zarr'`

    After a run, `M.v` has shape (recorded elements, times), and `M[k].v` the times of element k.
    Of synapses that come and go (S.prune, S.grow), those that there were when the monitor was made
    are followed: row r stays the same synapse, `M.record[r]` is its present number, or -1, and its
    values are nan (0 for whole numbers) from the step on in which it was no more.
    `M.v` is the monitor's own memory, which later recording leaves as it is; `M[k].v` is a copy.

    With `stream`, the memory in use does not grow with time: for each variable a buffer of 4 MiB
    and one step. The folder is a Zarr store that any number of monitors share, and that others may
    read while the run goes on (open_recordings). `M.v` reads from it what it is indexed for. The
    first run replaces an earlier recording of the same name; after restore() it is continued.
    Needs the package zarr: pip install rheobase[stream].

    >>> from rheobase import NeuronGroup, StateMonitor, ms, run
    >>> cells = NeuronGroup(5, 'dv/dt = -v/(10*ms) : 1')
    >>> cells.v = 1
    >>> M = StateMonitor(cells, 'v', record=[0, 3])
    >>> run(1*ms)
    >>> M.v.shape
    (2, 10)
    """

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
        codeobj_class: object = None,
        dtype: DTypeLike | None = None,
        stream: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            source, variables, record, dt=dt, clock=clock, when=when, order=order, name=name
        )
        floats = float_dtype(dtype, self._label)
        dtypes = {n: _stored(self.variable(n), floats) for n in self.record_variables}
        shared = {n for n in dtypes if self.variable(n).shared}
        once = {n: d for n, d in dtypes.items() if n in shared}
        each = {n: d for n, d in dtypes.items() if n not in shared}
        self._lost: list[tuple[int, int]] = []  # a row, and how many of its values were recorded
        if stream is not None:
            about = About("StateMonitor", source.name, len(source), self._indices)
            self._stream = Stream(stream, self.name, about)
        self._each = self._columns(each, len(self._indices))
        self._once = self._columns({"t": F64, **once}, 1)

    def _columns(self, dtypes: Mapping[str, DType], width: int) -> Columns:
        names = list(dtypes)
        if self._stream is None:
            return Columns(names, list(dtypes.values()))
        dims = [self.variable(n).dim for n in names]
        return self._stream.add(names, list(dtypes.values()), dims, width)

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What is recorded, by name."""
        return {n: self._described(n) for n in ["t", *self.record_variables]}

    def _described(self, name: str) -> ArrayVariable:
        variable = self.variable(name)
        slot = (self._once if name in self._once.slots else self._each).slots[name]
        return ArrayVariable(name, variable.type, variable.dim, slot, read_only=True)

    def _make_blocks(self) -> Sequence[Block]:
        blocks: list[Block] = []
        for columns, domain in (
            (self._once, self._once.record(None, None)),
            (self._each, self._each.record(self._list, self._part)),
        ):
            if columns.slots:
                results = tuple(Result(Name(n), None, s.dtype) for n, s in columns.slots.items())
                local = {**self.meanings(list(columns.slots)), "t": self._time()}
                what = "values" if columns is self._each else "times"
                block = Block(
                    f"{self.name} {what}",
                    domain,
                    results=results,
                    local=local,
                    checked=True,
                    full=columns.full,
                )
                blocks.append(block)
        return blocks

    def _time(self) -> Meaning:
        """The time of the monitor's own clock, which need not be that of the source."""
        symbol = Symbol("t", Type.FLOAT, second.dim, shared=True)
        return Meaning(symbol, Element(self.clock.state.slots.t, Index.SHARED))

    def before_run(self, n_steps: int) -> None:
        super().before_run(n_steps)
        self._once.reserve(n_steps)
        self._each.reserve(n_steps * len(self._indices))

    def lose(self, rows: NDArray[np.int64]) -> None:
        if self._stream is not None:
            super().lose(rows)
        self._lost += [(int(row), self.N) for row in rows]

    def after_run(self) -> None:
        """What stands in the rows of synapses that are no more is nan, or 0."""
        super().after_run()
        n = len(self._indices)
        if self._lost:
            self._each.fill(self.N * n)
        for row, since in self._lost:
            for slot in self._each.slots.values():
                values = slot.data[: self.N * n].reshape(self.N, n)
                values[since:, row] = np.nan if slot.dtype.is_float else 0

    # ------------------------------------------------------------ what was recorded
    @property
    def t(self) -> Quantity:
        """(n_t,) the times."""
        return with_unit(self.t_, second.dim)

    @property
    def t_(self) -> NDArray[np.float64]:
        """(n_t,) the times in seconds."""
        return self._once.column("t")

    @property
    def N(self) -> int:
        """The number of times."""
        return len(self._once)

    def _values(self, name: str) -> Any:
        """(n, n_t) for n recorded elements; a shared variable has its one value for all."""
        shared = name in self._once.slots
        column = (self._once if shared else self._each).column(name)
        if self._stream is not None:
            return column
        if shared:
            return np.broadcast_to(column, (max(len(self._indices), 1), self.N))
        return column.reshape(self.N, len(self._indices)).T

    def get_values(self, name: str, rows: Any = None) -> Any:
        """(n, n_t) or, for one row, (n_t,): a recorded variable; 'v_' has no unit.

        Raises AttributeError for what is not recorded.
        """
        plain = name if name in self.record_variables else name.removesuffix("_")
        if plain not in self.record_variables:
            near = did_you_mean(name, self.record_variables)
            raise AttributeError(f"{self._label} does not record '{name}'. {near}".rstrip())
        values = self._values(plain)
        if rows is not None:
            values = np.array(values[rows])
        return with_unit(values, self.variable(plain).dim, name == plain)

    def state_names(self) -> Sequence[str]:
        return ["t", *self.record_variables, "N"]

    def state_value(self, name: str, units: bool) -> Any:
        if name == "N":
            return self.N
        if name == "t":
            return self.t if units else self.t_
        return with_unit(np.asarray(self._values(name)).T, self.variable(name).dim, units)

    def __getattr__(self, name: str) -> Any:
        recorded: Sequence[str] = self.__dict__.get("record_variables", ())
        if not recorded or (name.startswith("_") and name not in recorded):
            raise AttributeError(name)
        return self.get_values(name)

    def __getitem__(self, item: Any) -> StateMonitorView:
        return StateMonitorView(self, self.rows(item))

    def __repr__(self) -> str:
        names = ", ".join(self.record_variables)
        return f"<StateMonitor '{self.name}' of {names} of {self.source.name}: {self.N} times>"


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
        return self._monitor.get_values(name, self._rows)


def _stored(variable: Variable, floats: DType | None) -> DType:
    dtype = recorded_dtype(variable)
    return floats if floats is not None and dtype.is_float else dtype


def _are_names(x: Any) -> TypeGuard[Sequence[str]]:
    if not isinstance(x, (list, tuple, set, frozenset)):
        return False
    return all(isinstance(n, str) for n in cast("Sequence[object]", x))
