"""Groups that make events, and parts of them: `G[2:5]`, `G[[7, 3, 5]]`, `G[mask]`.

A subgroup shares the memory of its group; only its numbering is its own. Kernels count elements
as the memory does, so a subgroup is a `Part` for them: for a run of neighbours first and size; for
any other choice the range that holds them all, and a table that says which of the range belong to
it. What needs the subgroup's own numbers asks it:

    _part                   for domains: which elements of the slots
    _positions_of(numbers)  own numbers -> where they stand in the slots
    _numbers_at(positions)  the reverse; -1 for elements that do not belong to it
    variables['i']          the own number, as code sees it
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError
from rheobase.ir.domains import Chosen, Domain, Elementwise, Index, Indexed, IndexList
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Slot
from rheobase.lang.symbols import Type
from rheobase.model.base import SimulationObject
from rheobase.model.group import Group, new_part
from rheobase.model.spikes import EventSource
from rheobase.model.variables import ArrayVariable, Meaning, PositionVariable, Reach, Variable
from rheobase.model.views import VariableView
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["EventGroup", "Subgroup"]


class EventGroup(Group):
    """A group whose elements make events, and of which parts can be taken.

    _event_sources   by name; 'spike' among them if the elements spike

    >>> from rheobase import EventGroup, NeuronGroup
    >>> cells = NeuronGroup(10, 'v : 1', threshold='v > 1', reset='v = 0')
    >>> isinstance(cells, EventGroup)
    True
    """

    _event_sources: dict[str, EventSource]

    @property
    def _spike_source(self) -> EventSource | None:
        """The spikes of the group; None if it never spikes."""
        return self._event_sources.get("spike")

    @property
    def spikes(self) -> NDArray[np.int32]:
        """(n,) the elements that spiked in the last step."""
        source = self._spike_source
        if source is None:
            raise AttributeError(f"{self._label} never spikes: it has no threshold")
        current = source.current
        listed = current.indices.data[: int(current.count.data[0])]
        numbers = self._numbers_at(listed)
        return np.sort(numbers[numbers >= 0]).astype(np.int32)

    def __getitem__(self, item: Any) -> Subgroup:
        return Subgroup(self, self._chosen(item))

    def _chosen(self, item: Any) -> NDArray[np.int64]:
        """The elements that an index of the group means, as it numbers them: at least one."""
        if isinstance(item, str):
            return _some(self._select(item), item, len(self), self._label)
        return _chosen(item, len(self), self._label)


class Subgroup(EventGroup):
    """Some elements of a group, usable wherever a group is.

    source        the group that owns them
    start, stop   the first element, as the source counts, and the one after the last

    Made by indexing a group with a number, a slice, an array of different numbers, a boolean array
    or a condition as text.

    >>> from rheobase import NeuronGroup
    >>> G = NeuronGroup(10, 'x : 1')
    >>> odd = G[1::2]
    >>> odd.x = 'i'
    >>> [float(x) for x in G.x[:6]]
    [0.0, 0.0, 0.0, 1.0, 0.0, 2.0]
    >>> len(odd[2:])
    3
    """

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __setattr__(self, name: str, value: object) -> None: ...

    def __init__(self, group: EventGroup, numbers: NDArray[Any], name: str | None = None) -> None:
        positions = group._positions_of(numbers)
        source = group.source if isinstance(group, Subgroup) else group
        first, last = int(positions.min()), int(positions.max())
        self._count = Slot("N", I64, fill=len(positions))
        self._positions: NDArray[np.int64] = positions
        self._is_range = bool(np.array_equal(positions, np.arange(first, last + 1)))
        self._numbers = None if self._is_range else _number_table(positions)
        span = new_part(first, last + 1 - first)
        table = self._numbers
        part = span if table is None else Chosen(span.first, span.size, table)
        super().__init__(
            name or f"{source.name}_subgroup*",
            part,
            when=source.when,
            order=source.order,
            clock=source.clock,
        )
        self._span = span
        self.source = source
        self.start, self.stop = first, last + 1
        self._float_dtype = source._float_dtype
        self.namespace = source.namespace
        self._own = {v.name: v for v in (self._number_variable(), self._size_variable())}
        self.variables = ChainMap[str, Variable](dict(self._own), source.variables)
        self._event_sources = source._event_sources
        self._seal()

    def _number_variable(self) -> Variable:
        if self._numbers is None:
            return PositionVariable("i", self._span.first)
        return ArrayVariable(
            "i", Type.INTEGER, DIMENSIONLESS, self._numbers, constant=True, read_only=True
        )

    def _size_variable(self) -> Variable:
        return ArrayVariable("N", Type.INTEGER, DIMENSIONLESS, self._count, True, True, True)

    # ------------------------------------------------------------ numbering
    def __len__(self) -> int:
        return len(self._positions)

    def _written(self, variable: ArrayVariable) -> None:
        self.source._written(variable)

    def _root(self) -> EventGroup:
        return self.source

    def _called_functions(self) -> Collection[str]:
        return self.source._called_functions()

    def _positions_of(self, indices: NDArray[Any]) -> NDArray[Any]:
        return self._positions[indices]

    def _numbers_at(self, positions: NDArray[Any]) -> NDArray[Any]:
        if self._numbers is None:
            return super()._numbers_at(positions)
        inside = (positions >= self.start) & (positions < self.stop)
        table = self._numbers.data
        return np.where(inside, table[np.where(inside, positions, self.start)], -1)

    def _domain(self) -> Domain:
        if self._numbers is None:
            return Elementwise(self._part)
        listed = Slot("members", I32, len(self))
        listed.data[:] = np.sort(self._positions)
        return Indexed(IndexList(listed, self._count), self._part)

    # ------------------------------------------------------------ names in code
    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        if name in self._own:
            return self._variable_meaning(self._own[name], namespace, index)
        return self.source._meaning(name, namespace, index)

    def _variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]:
        """What a variable means in code that reaches it by an index, or why it cannot."""
        if self._own.get(variable.name) is variable:
            return super()._variable_meaning(variable, namespace, index)
        return self.source._variable_meaning(variable, namespace, index)

    # ------------------------------------------------------------ attributes
    def _contain(self, x: SimulationObject) -> None:
        self.contained_objects.append(x)
        self.source._contain(x)

    def __getattr__(self, name: str) -> VariableView:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("_") or "source" not in self.__dict__:
                raise
            return getattr(self.source, name)

    def __repr__(self) -> str:
        return f"<Subgroup '{self.name}': {len(self)} elements of '{self.source.name}'>"


def _number_table(positions: NDArray[Any]) -> Slot:
    """(last + 1,) the number of each position within the subgroup; -1 for all others."""
    table = Slot("numbers", I32, int(positions.max()) + 1, fill=-1)
    table.data[positions] = np.arange(len(positions))
    return table


def _chosen(item: Any, size: int, label: str) -> NDArray[np.int64]:
    """The numbers of a subgroup's elements: different ones, at least one, all in range."""
    numbers = np.arange(size)[item] if isinstance(item, slice) else _listed(item, size, label)
    return _some(numbers, item, size, label)


def _some(numbers: NDArray[Any], item: Any, size: int, label: str) -> NDArray[np.int64]:
    """The numbers that an index means; IndexError if there are none."""
    if not len(numbers):
        raise IndexError(f"{label} has {size} elements (0 to {size - 1}); {item!r} holds none")
    return numbers


def _listed(item: Any, size: int, label: str) -> NDArray[np.int64]:
    array = np.asarray(item)
    if array.dtype == bool:
        if array.shape != (size,):
            raise IndexError(
                f"{label} has {size} elements; a boolean index has as many, not {array.shape}"
            )
        return np.flatnonzero(array)
    if (array.dtype.kind not in "iu" and array.size) or array.ndim > 1:
        raise ModelTypeError(
            f"{label}: a subgroup is chosen by a number, a slice, an array of numbers or of truth "
            f"values, or a condition as text, not by {item!r}"
        )
    numbers = np.atleast_1d(array).astype(np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= size):
        raise IndexError(f"{label} has {size} elements (0 to {size - 1}); met {item!r}")
    if len(np.unique(numbers)) != len(numbers):
        raise IndexError(f"{label}: a subgroup holds each element once, not {item!r}")
    return numbers
