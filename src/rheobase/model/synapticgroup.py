"""What synapses are to code: names on both sides, domains, where they stand."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelValueError, UnknownNameError
from rheobase.ir.builder import Alias, Binding, Element, Position
from rheobase.ir.domains import Chosen, Domain, Elementwise, Index, Reduce
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Binary, Name
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import Clock
from rheobase.model.code import Block
from rheobase.model.connect import reaches
from rheobase.model.connections import Connections, end_of, number_type
from rheobase.model.group import Group, new_part
from rheobase.model.listings import Added
from rheobase.model.lookups import structure_changed
from rheobase.model.room import Room
from rheobase.model.synaptictables import Tables
from rheobase.model.variables import (
    ArrayVariable,
    Meaning,
    PositionVariable,
    Reach,
    Subexpression,
    Variable,
    symbol_of,
)
from rheobase.runtime.order import Computed
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = [
    "Follower",
    "SynapticGroup",
    "bytes_of_number",
    "elements_of",
    "numbering",
]

_TAKES_PART = parse_expression("_born + _lag <= _step")
_COUNTS = {"N_incoming": Index.POST, "N_outgoing": Index.PRE}


class Follower(Protocol):
    """Something that knows synapses by their numbers, and during a run by where they stand."""

    def renumber(self, numbers: NDArray[np.int64]) -> None:
        """Synapse k is numbers[k] now, or -1: it is no more."""
        ...

    def entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """During a run: what was entry e is moved[e] of n, or no more (-1)."""
        ...

    def entries_removed(self, entries: NDArray[np.int64]) -> None:
        """During a run: no synapses stand at some entries any more."""
        ...


class SynapticGroup(Group):
    """Synapses as a group: their variables, and those of the neurons on both sides.

    multisynaptic_index   name of the variable that counts the synapses of a pair; None: no such
    """

    N: Any  # a view; in groups of neurons it is an int
    N_pre: int
    N_post: int
    _plain_numbers = frozenset(("N_pre", "N_post"))

    def __init__(
        self,
        source: Group,
        target: Group,
        name: str,
        *,
        order: int = 0,
        dt: Any = None,
        clock: Clock | None = None,
        namespace: Mapping[str, Any] | None = None,
        multisynaptic_index: str | None = None,
    ) -> None:
        self.source = source
        self.target = target
        own_clock = clock or (None if dt is not None else source.clock)
        super().__init__(
            name, new_part(0, 0), order=order, dt=dt, clock=own_clock, namespace=namespace
        )
        self._standing = Connections(int(source._span.size.data[0]))
        self._room: Room | None = None  # once synapses may come and go during a run
        self._grows = False  # there may be new ones during a run
        self._no_lag = Slot("lag", I64)
        self._connected = False
        self._followers: weakref.WeakSet[Follower] = weakref.WeakSet()
        self._is_reached = False  # by other Synapses: entries must not move
        self._tables = Tables(self)
        self.multisynaptic_index = multisynaptic_index
        self._add_variable(PositionVariable("i", source._span.first))
        self._add_variable(PositionVariable("j", target._span.first))
        for count, group in (("N_pre", source), ("N_post", target)):
            size = group.variables["N"]  # of a subgroup, the number of its own elements
            self._add_variable(replace(size, name=count))
        for count in _COUNTS:
            expr = Name(f"_{count}")
            self._add_variable(Subexpression(count, Type.INTEGER, DIMENSIONLESS, expr))
        if multisynaptic_index is not None:
            expr = Name("_copy")
            self._add_variable(
                Subexpression(multisynaptic_index, Type.INTEGER, DIMENSIONLESS, expr)
            )

    @property
    def _connections(self) -> Connections:
        """Where the synapses are, compressed."""
        if self._room is not None and self._room.is_open:
            self._room.close()
        return self._standing

    def __len__(self) -> int:
        return len(self._connections)

    # ------------------------------------------------------------ synapses that come and go
    def _may_change(self) -> Room:
        """From now on, synapses may come and go during a run."""
        if self._room is None:
            born = self._add_array("_born", Type.INTEGER, dtype=I32, read_only=True)
            number = self.variables["N"]
            assert isinstance(number, ArrayVariable)
            self._add_variable(replace(number, slot=Slot("N", I64, fill=len(self))))
            self._room = Room(self, self._standing, born.slot)
        return self._room

    @property
    def _rows_ascend(self) -> bool:
        """Whether others ascend in each row, at all times."""
        return self._room is None

    @property
    def _may_be_held_apart(self) -> bool:
        """Whether all who know synapses by where they stand can follow changes in place."""
        return not self._is_reached

    @property
    def _entries_are_remembered(self) -> bool:
        """Whether someone may still mean what stood at an entry, so that it is to stay free."""
        return False

    def _entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """During a run: what was entry e is moved[e] of n, or no more (-1)."""
        for group in (self.source, self.target):
            if isinstance(group, SynapticGroup):
                group._mark_reached()
        self._tables.entries_moved(moved, n)
        for follower in self._followers:
            follower.entries_moved(moved, n)

    def _entries_removed(self, entries: NDArray[np.int64]) -> None:
        """During a run: no synapses stand at some entries any more."""
        self._tables.entries_removed(entries)
        for follower in self._followers:
            follower.entries_removed(entries)

    def _may_list(self, added: Added) -> bool:
        """Put new synapses into all lists; False: there is no room, and all must be listed anew."""
        return True

    def _entries_added(self, added: Added) -> None:
        """During a run: there are synapses that have been put into lists."""
        self._tables.entries_added(added)

    def _counted_anew(self, numbers: NDArray[np.int64]) -> None:
        """Synapse k is numbers[k] now, or no more (-1)."""
        for follower in self._followers:
            follower.renumber(numbers)

    def _mark_reached(self) -> None:
        """Other Synapses are connected to these: their entries must not move any more."""
        assert self._connections is not None  # compressed
        self._is_reached = True

    def _set_number(self, n: int) -> None:
        """There are n synapses now."""
        number = self.variables["N"]
        assert isinstance(number, ArrayVariable)
        number.slot.data[0] = n

    @property
    def _first_steps(self) -> Slot | None:
        """(n,) by entry: the first step that each takes part in; None: all that there are."""
        if self._room is None:
            return None
        found = self.variables["_born"]
        assert isinstance(found, ArrayVariable)
        return found.slot

    def _present(self) -> tuple[NDArray[np.int64], int | None]:
        """The entries at which synapses stand, and one at which none ever does, if there is any."""
        if self._room is None or not self._room.is_open:
            return np.arange(len(self._standing)), None
        return self._room.alive(), self._room.free().entry

    def _guarded(
        self, block: Block, clock: Clock, lag: Slot | None = None, born: Slot | None = None
    ) -> Block:
        if self._room is None:
            return block
        born = self._first_steps if born is None else born
        assert born is not None
        whole, shared = Symbol("_guard", Type.INTEGER), Index.SHARED
        names = {
            "_born": Meaning(whole, Element(born, Index.OWN)),
            "_lag": Meaning(whole, Element(lag or self._no_lag, shared)),
            "_step": Meaning(whole, Element(clock.state.slots.step, shared)),
        }
        return replace(block, guard=_TAKES_PART, local={**block.local, **names})

    # ------------------------------------------------------------ names in code
    def _known_names(self) -> Collection[str]:
        """Own variables, and those of both sides with their endings."""
        sides = ((self.source, "_pre"), (self.target, "_post"), (self.target, ""))
        return [*self.variables, *(n + end for group, end in sides for n in group.variables)]

    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        if name in self.variables:
            return self._variable_meaning(self.variables[name], namespace, index)
        if name in ("_N_incoming", "_N_outgoing", "_copy"):
            return self._counted(name, index)
        if name == "lastupdate":
            return Fault(
                UnknownNameError,
                f"'lastupdate' is a variable of {self._label} only if equations are event-driven.",
                hint="To keep it yourself, declare 'lastupdate : second' in the equations and end "
                "the code of each pathway with 'lastupdate = t'.",
            )
        for suffix, group, side in (
            ("_pre", self.source, Index.PRE),
            ("_post", self.target, Index.POST),
            ("", self.target, Index.POST),
        ):
            stem = name.removesuffix(suffix)
            if not name.endswith(suffix) or stem not in group.variables:
                continue
            found = group._variable_meaning(group.variables[stem], namespace, side)
            if index is not Index.OWN and not group.variables[stem].shared:
                return _too_far(name, self._label)
            return _renamed(found, name) if isinstance(found, Meaning) else found
        return super()._meaning(name, namespace, index)

    def _variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]:
        """What a variable means in code that reaches it by an index, or why it cannot."""
        if variable.name not in ("i", "j"):
            return super()._variable_meaning(variable, namespace, index)
        return Meaning(symbol_of(variable), self._side_binding(variable.name, index))

    def _side_binding(self, name: str, index: Reach) -> Binding:
        """i or j of the synapse that `index` reaches."""
        if index is not Index.OWN:
            return Element(self._tables.slot(name), index)
        group, side = (self.source, Index.PRE) if name == "i" else (self.target, Index.POST)
        table = numbering(group)
        return Position(side.value, group._span.first) if table is None else Element(table, side)

    def _counted(self, name: str, index: Reach) -> Meaning | Fault:
        """Numbers that are counted from the connections."""
        symbol = Symbol(name, Type.INTEGER, constant=True)
        if name == "_copy":
            return Meaning(symbol, Element(self._tables.slot(name), index))
        if index is not Index.OWN:
            return _too_far(name.removeprefix("_"), self._label)
        return Meaning(symbol, Element(self._tables.slot(name), _COUNTS[name.removeprefix("_")]))

    @property
    def N_incoming_post(self) -> NDArray[np.int32]:
        """(N_post,) the number of synapses of each target."""
        return self._tables.slot("_N_incoming").data[_all_positions(self.target)]

    @property
    def N_outgoing_pre(self) -> NDArray[np.int32]:
        """(N_pre,) the number of synapses of each source."""
        return self._tables.slot("_N_outgoing").data[_all_positions(self.source)]

    # ------------------------------------------------------------ making synapses
    def _restored(self) -> None:
        super()._restored()
        self._connected = self._connected or len(self._connections) > 0

    def _mark_connected(self) -> None:
        """connect() has been called, whether it made synapses or not."""
        self._connected = True

    def _synaptic_arrays(self) -> list[ArrayVariable]:
        """The variables that have a value for each synapse."""
        arrays = [v for v in self.variables.values() if isinstance(v, ArrayVariable)]
        return [v for v in arrays if not v.shared]

    def _array(self, name: str) -> ArrayVariable:
        """A variable that has a value for each synapse."""
        found = self.variables[name]
        assert isinstance(found, ArrayVariable)
        return found

    def _at_birth(self, t: float) -> Mapping[str, float]:
        """Values of a new synapse that are not 0, at time t, s."""
        return {}

    def _have_own_delays(self) -> None:
        """New synapses may have other delays than those that there are."""

    def _before_adding(self) -> None:
        """Called before entries move."""

    def _after_adding(self, moved: NDArray[np.int32]) -> None:
        """Called when entry e has become entry moved[e]; -1: it is no more."""

    def _add_pairs(self, sources: Computed, targets: Computed) -> None:
        """Add synapses behind those that exist; rows and targets as numbered in the slots."""
        if self._is_reached:
            raise ModelValueError(
                f"{self._label}: other Synapses are connected to these synapses, so none can be "
                "added; make all of them first"
            )
        for group in (self.source, self.target):
            if isinstance(group, SynapticGroup):
                group._mark_reached()
        connections = self._connections  # compressed before anything else is done
        self._before_adding()
        connections.extend_rows(int(self.source._span.size.data[0]))
        connections.has_targets_below(end_of(self.target._span))
        slots = [v.slot for v in self._synaptic_arrays()]
        self._after_adding(connections.append(sources, targets, slots))
        self._resize()

    def _placed(self, sources: NDArray[Any], targets: NDArray[Any]) -> tuple[Computed, Computed]:
        """Rows and targets, as `connections` numbers them, of neurons as users count them."""
        first = int(self.source._span.first.data[0])

        def rows(part: slice) -> NDArray[Any]:
            return self.source._positions_of(sources[part].astype(np.int64)) - first

        def columns(part: slice) -> NDArray[Any]:
            return self.target._positions_of(targets[part].astype(np.int64))

        n, n_rows = len(sources), int(self.source._span.size.data[0])
        return Computed(n, n_rows, rows), Computed(n, end_of(self.target._span), columns)

    def _remove_entries(self, gone: NDArray[np.bool_]) -> None:
        """Remove synapses; gone (n,) by entry. Those that stay are counted on in their order."""
        if self._is_reached:
            raise ModelValueError(
                f"{self._label}: other Synapses are connected to these synapses, so none can be "
                "removed"
            )
        before = self._connections.entries(np.arange(len(self)))
        self._before_adding()
        moved = self._connections.remove(gone, [v.slot for v in self._synaptic_arrays()])
        self._after_adding(moved)
        self._resize()
        kept = moved[before] >= 0
        numbers = np.where(kept, np.cumsum(kept) - 1, -1)
        self._counted_anew(numbers)

    def _adopt_rows(self, targets: Slot, counts: NDArray[np.int64]) -> None:
        """Take the first synapses as they were generated, row by row."""
        self._connections.targets = targets
        self._connections.adopt(counts)
        self._resize()

    def _resize(self) -> None:
        """Give each variable as many elements as there are synapses."""
        structure_changed()
        n = len(self._connections)
        self._part.size.data[0] = n
        self._set_number(n)
        for variable in self._synaptic_arrays():
            variable.slot.resize(n)

    def _bytes_of_one(self) -> dict[str, int]:
        """Memory of a synapse made in order, by what it is for: its target and its variables."""
        variables = {v.name: v.slot.dtype.numpy.itemsize for v in self._synaptic_arrays()}
        return {"target": bytes_of_number(self.target), **variables}

    # ------------------------------------------------------------ domains
    def _domain(self) -> Domain:
        c = self._connections
        span = self.source._span
        return Reduce(span, Index.PRE, c.rows, c.targets, ascending=self._rows_ascend)

    def _domain_of(self, bindings: Mapping[str, Binding]) -> Domain:
        """All synapses: row by row only if the code reaches neurons."""
        sides = (Index.PRE, Index.POST)
        if any(reaches(b, side) for b in bindings.values() for side in sides):
            return self._domain()
        return Elementwise(self._part)

    def _reached(self, side: Index, far: bool = True) -> tuple[Slot, Slot, Slot | None]:
        """Rows by neuron of a side, the neurons on the other, and the synapses of the entries.

        far   whether the neurons on the other side matter
        """
        c = self._connections
        if side is Index.PRE:
            return c.rows, c.targets, None
        first_pre, first_post = (int(g._span.first.data[0]) for g in (self.source, self.target))
        n_post = int(self.target._span.size.data[0])
        return c.by_target(first_pre, first_post, n_post, with_sources=far)

    def _linked(
        self, binding: Binding, neuron: Callable[[Index], Element] | None = None
    ) -> Binding:
        """What a binding is to code that knows its own element only.

        neuron   the element of a side, as a number at the own element; default: of the synapse
        """
        neuron = neuron or self._neuron
        match binding:
            case Element(index=Index.PRE | Index.POST as side):
                return replace(binding, index=neuron(side), guard=None)
            case Element(index=Element() as inner):
                reached = self._linked(inner, neuron)
                assert isinstance(reached, Element)
                return replace(binding, index=reached)
            case Position(which="pre" | "post" as which, offset=offset):
                number = neuron(Index.PRE if which == "pre" else Index.POST)
                if offset is None or not offset.data[0]:
                    return number
                both = {"number": number, "first": Element(offset, Index.SHARED)}
                return Alias(Binary("-", Name("number"), Name("first")), both)
            case Alias(bindings=bindings):
                inner_bindings = {n: self._linked(b, neuron) for n, b in bindings.items()}
                return replace(binding, bindings=inner_bindings)
            case _:
                return binding

    def _neuron(self, side: Index) -> Element:
        slot = self._tables.slot("_sources") if side is Index.PRE else self._connections.targets
        return Element(slot, Index.OWN)

    # ------------------------------------------------------------ where synapses stand
    def _positions_of(self, indices: NDArray[Any]) -> NDArray[Any]:
        return self._connections.entries(indices)

    def _numbers_at(self, positions: NDArray[Any]) -> NDArray[Any]:
        return self._connections.numbers()[positions]


def _renamed(meaning: Meaning, name: str) -> Meaning:
    """The meaning under the name that the code of synapses uses.

    What is constant for a neuron is not one number for each synapse: it is not 'constant' here.
    """
    s = meaning.symbol
    return Meaning(replace(s, name=name, constant=s.constant and s.shared), meaning.binding)


def _too_far(name: str, label: str) -> Fault:
    return Fault(
        UnknownNameError,
        f"'{name}' belongs to a neuron of {label}, which is not reached through its synapses.",
        hint="Keep its value in a variable of the synapses.",
    )


def elements_of(group: Group, item: Any) -> NDArray[Any]:
    """Element numbers of a group for anything that stands for some of its elements.

    Numbers that no element has are as good as any other pair without a synapse.
    """
    if isinstance(item, Group):
        found = group._numbers_at(_all_positions(item))
        if (found < 0).any():
            raise ModelValueError(f"{item._label} is no part of {group._label}")
        return found
    if hasattr(item, "_indices"):
        return np.atleast_1d(item._indices())
    numbers = np.asarray(item)
    if numbers.dtype.kind in "iu":
        return np.atleast_1d(np.where(numbers < 0, numbers + len(group), numbers))
    return np.atleast_1d(group._view_indices(item))


def _all_positions(group: Group) -> NDArray[Any]:
    """(n,) where the elements of a group stand, as users count them."""
    return group._positions_of(np.arange(len(group)))


def bytes_of_number(group: Group) -> int:
    """What the number of an element takes where synapses keep it."""
    return number_type(end_of(group._span)).numpy.itemsize


def numbering(group: Group) -> Slot | None:
    """I32: the number of the element at each position; None: they count from the first."""
    if isinstance(group, SynapticGroup):
        return group._tables.slot("numbers")
    return group._part.numbers if isinstance(group._part, Chosen) else None
