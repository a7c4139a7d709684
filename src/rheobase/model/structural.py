"""Synapses that come and go during a run: what S.prune and S.grow return.

Which synapses go is decided by native code in each due step, which pairs come by that of connect().
Both take effect at the end of the step, those that go first. As a rule this is done in place, and
costs what the rows of the changed synapses hold (model/room). Where a row is full, or a list has no
place for a new delay, the run is left, the connections are rebuilt, once for all changes of the
step, and the run goes on. So it is at every change for synapses with more delays than a few for
each of a neuron's synapses, and with a clock of their own.

Such a rebuild copies each variable once, and looks for the place of each new synapse by bisection:
O(n + m log n) for n synapses and m new ones. A step that changes nothing costs the condition, which
is looked at for all synapses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, UnknownNameError, did_you_mean
from rheobase.ir.domains import Index, Python
from rheobase.ir.dtypes import BOOL
from rheobase.ir.kernels import Kernel
from rheobase.ir.program import EPSILON
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Expr
from rheobase.lang.symbols import Type
from rheobase.model.base import SimulationObject, Work
from rheobase.model.clock import Clock
from rheobase.model.code import Block, Result, Runner
from rheobase.model.creation import Call, NewPairs
from rheobase.model.delays import are_delays
from rheobase.model.lookups import structure_changed
from rheobase.model.pairs import PairValues
from rheobase.model.runregularly import steps_of
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.synapticviews import SynapticViews
from rheobase.model.texts import read_expression
from rheobase.model.variables import ArrayVariable, Meaning, symbol_of
from rheobase.records import record
from rheobase.runtime.order import Computed
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["ChangingGroup", "Growth", "Pruning"]

_LAST = 1 << 30  # order within the last slot of a step


@record
class _New:
    """Synapses to be made: pairs as users count neurons, and how they are grown."""

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    growth: Growth


class StructuralChanges:
    """What the code of a step has asked for, until the step is over."""

    def __init__(self, synapses: SynapticGroup) -> None:
        self._synapses = synapses
        self._gone: list[tuple[NDArray[np.int64], Pruning]] = []
        self._new: list[_New] = []
        self._prunings: list[Pruning] = []
        self.room = synapses._may_change()
        synapses._followers.add(self)
        self.call = Work(Kernel(f"{synapses.name} changes", Python()), self._finish)

    def watch(self, pruning: Pruning) -> None:
        """A further object that finds synapses."""
        self._prunings.append(pruning)

    def entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """See synapticgroup.Follower."""
        self._gone = [(moved[gone], pruning) for gone, pruning in self._gone]
        for pruning in self._prunings:
            pruning.make_room(n)

    def entries_removed(self, entries: NDArray[np.int64]) -> None:
        """Nothing here means synapses that are gone."""

    def renumber(self, numbers: NDArray[np.int64]) -> None:
        """Nothing here knows synapses by their numbers."""

    def remove(self, gone: NDArray[np.int64], pruning: Pruning) -> None:
        """Remove the synapses at some entries."""
        self._gone.append((gone, pruning))

    def add(self, new: _New) -> None:
        self._new.append(new)

    def _finish(self) -> None:
        """At the end of a step: do it in place, or leave the run to do it."""
        if not self._gone and not self._new:
            return
        room = self.room
        if room.is_open or self._synapses._may_be_held_apart:
            if not room.is_open:
                room.open()
            self.apply()
            if room.is_open and room.is_mostly_free:
                room.close()
        else:
            structure_changed()

    def apply(self) -> None:
        """Do it all: remove, then add."""
        gone = self._counted()
        if len(gone) and self.room.is_open:
            self.room.remove(gone)
        elif len(gone):
            removed = np.zeros(len(self._synapses), bool)
            removed[gone] = True
            self._synapses._remove_entries(removed)
        pending, self._new = self._new, []
        for new in pending:
            new.growth.make(new.sources, new.targets)
        if self.room.is_open:
            self._synapses._set_number(len(self.room))

    def _counted(self) -> NDArray[np.int64]:
        """The entries that go, each once, and counted for the first that wanted it."""
        total = np.zeros(0, np.int64)
        for gone, pruning in self._gone:
            new = np.setdiff1d(gone[gone >= 0], total)
            pruning.count += len(new)
            total = np.concatenate([total, new])
        self._gone = []
        return total


class Finish(SimulationObject):
    """The end of a step in which synapses may come or go."""

    def __init__(self, changes: StructuralChanges, clock: Clock, name: str) -> None:
        super().__init__(name, when="after_end", order=_LAST, clock=clock)
        self._changes = changes

    def _work(self) -> Sequence[Work]:
        return [self._changes.call]


class Pruning(Runner):
    """Removes the synapses for which a condition holds; see Synapses.prune.

    count   how many it has removed so far
    """

    def __init__(
        self,
        synapses: SynapticGroup,
        changes: StructuralChanges,
        condition: Expr,
        clock: Clock,
        when: str,
        order: int,
        name: str,
    ) -> None:
        super().__init__(synapses, name, self._make_blocks, when=when, order=order, clock=clock)
        self.synapses = synapses
        self.count = 0
        self._changes = changes
        self._condition = condition
        slot = Slot("pruned", BOOL, 0)
        self._pruned = ArrayVariable("_pruned", Type.BOOLEAN, DIMENSIONLESS, slot)
        self._remove = Work(Kernel(f"{name} remove", Python()), self._ask)
        changes.watch(self)

    def make_room(self, n: int) -> None:
        """There are n entries now, some of them free."""
        self._pruned.slot.resize(n)

    def _make_blocks(self) -> Sequence[Block]:
        self.make_room(len(self.synapses._connections))
        local = {"_pruned": Meaning(symbol_of(self._pruned), self._pruned.element(Index.OWN))}
        statement = Assign("_pruned", None, self._condition)
        checked = (Result(self._condition, None, BOOL, "the condition of prune()"),)
        domain = self.synapses._domain()
        return (Block("prune", domain, (statement,), local=local, parts=checked),)

    def _work(self) -> Sequence[Work]:
        return [*super()._work(), self._remove]

    def _ask(self) -> None:
        found = np.flatnonzero(self._pruned.slot.data)
        found = found[self._changes.room.are_alive(found)]
        if len(found):
            self._changes.remove(found, self)


class Growth(Runner):
    """Makes synapses; see Synapses.grow.

    count   how many it has made so far
    """

    def __init__(
        self,
        synapses: SynapticGroup,
        changes: StructuralChanges,
        call: Call,
        values: Mapping[str, Any],
        multiple: bool,
        clock: Clock,
        when: str,
        order: int,
        name: str,
    ) -> None:
        super().__init__(synapses, name, tuple, when=when, order=order, clock=clock)
        self.synapses = synapses
        self.count = 0
        self._changes = changes
        self._call = call
        self._values = dict(values)
        self._multiple = multiple
        self._namespace: Mapping[str, Any] = {}
        self._pairs: NewPairs | None = None  # made for the namespace, as are these
        self._valued: dict[str, PairValues] = {}
        self._grow = Work(Kernel(f"{name} grow", Python()), self._ask)
        if not call.generates:
            raise ModelValueError(f"{synapses._label}: grow() takes a condition or a generator")
        known = {v.name for v in synapses._synaptic_arrays()} | {"delay"}
        for name in self._values:
            if name not in known:
                near = did_you_mean(name, known)
                raise UnknownNameError(f"{synapses._label} has no variable '{name}'. {near}")
        synapses._grows = True
        if "delay" in self._values:
            synapses._have_own_delays()

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        self._namespace, self._valued, self._pairs = namespace, {}, None

    def _work(self) -> Sequence[Work]:
        return [self._grow]

    def _ask(self) -> None:
        if self._pairs is None:
            self._pairs = NewPairs(self.synapses, self._call, self._namespace)
        sources, targets = self._pairs()
        if len(sources):
            self._changes.add(_New(sources.astype(np.int64), targets.astype(np.int64), self))

    def make(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> None:
        """Make synapses of those pairs that have none, or of all if several are allowed."""
        rows, ends = (x.everything() for x in self.synapses._placed(sources, targets))
        if not self._multiple:
            room = self._changes.room
            have = room.have if room.is_open else self.synapses._connections.have
            free = ~have(rows, ends)
            sources, targets, rows, ends = sources[free], targets[free], rows[free], ends[free]
        if not len(sources):
            return
        values: dict[str, Any] = dict(self.synapses._at_birth(self.clock.t_))
        values |= {n: self._computed(n, v, sources, targets) for n, v in self._values.items()}
        if not are_delays(np.asarray(values.get("delay", 0))):
            raise ModelValueError(
                f"{self.synapses._label}: grow() got a delay that is no finite time, or negative"
            )
        self.count += len(sources)
        self._add(rows, ends, values)

    def _add(
        self, rows: NDArray[Any], ends: NDArray[Any], values: Mapping[str, NDArray[Any]]
    ) -> None:
        synapses, room = self.synapses, self._changes.room
        slots = {synapses._array(name).slot: numbers for name, numbers in values.items()}
        if room.is_open and room.add(rows, ends, self._next_step(), slots):
            return
        first = len(synapses)
        synapses._add_pairs(Computed.of(rows), Computed.of(ends))
        for name, numbers in values.items():
            getattr(synapses, f"{name}_")[first:] = numbers

    def _next_step(self) -> int:
        """The first step of the synapses after the present one of this object."""
        clock = self.synapses.clock
        is_due = clock.t_ <= self.clock.t_ + EPSILON * clock.dt_
        return clock.timestep + is_due

    def _computed(
        self, name: str, value: Any, sources: NDArray[np.int64], targets: NDArray[np.int64]
    ) -> NDArray[Any]:
        """The values of a variable in SI, for each pair or for all."""
        view = getattr(self.synapses, name)
        if not isinstance(value, str):
            return view.si(value)
        if name not in self._valued:
            variable = view.variable
            if not isinstance(variable, ArrayVariable):
                raise ModelTypeError(f"{self.synapses._label}: '{name}' cannot be set")
            self._valued[name] = PairValues(self.synapses, variable, value, self._namespace)
        return self._valued[name](sources, targets)


class ChangingGroup(SynapticViews):
    """Synapses that may come and go during a run."""

    _changes: StructuralChanges | None = None  # once prune() or grow() is called

    def prune(
        self,
        condition: str,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "end",
        order: int = 0,
        name: str | None = None,
    ) -> Pruning:
        """Remove the synapses for which a condition holds, in each step; the object that does it.

        condition    of any variables of the synapses and of their neurons; looked at for all of
                     them in each step of the clock, so that a dt of many steps costs less
        dt, clock    how often; default: each step of the synapses
        when, order  where in the step the condition is looked at; synapses go at its end

        The others keep their order and are counted anew; monitors follow those that they record
        (StateMonitor says how). Spikes that are on their way to a synapse that goes are lost, those
        to others arrive. Other than looking at the condition, a step costs what the rows of the
        synapses that go hold. Synapses that other Synapses are connected to cannot go or come.
        `active = False` pauses it.

        >>> from rheobase import NeuronGroup, Synapses, ms, run
        >>> cells = NeuronGroup(4, 'x : 1')
        >>> S = Synapses(cells, cells, 'dw/dt = -w/(10*ms) : 1 (clock-driven)')
        >>> S.connect()
        >>> S.w = 'i'
        >>> weak = S.prune('w < 1', dt=1*ms)
        >>> run(10*ms)
        >>> len(S), weak.count
        (4, 12)
        """
        source = f"{self._label}, condition of prune"
        expr = read_expression(condition, source, "w < 0.1")
        steps = steps_of(self, dt, clock)
        chosen = name or f"{self.name}_prune*"
        changes = self._structural_changes()
        pruning = Pruning(self, changes, expr, steps, when, order, chosen)
        self._contain(pruning)
        self._contain(Finish(changes, steps, f"{pruning.name}_finish*"))
        return pruning

    def _structural_changes(self) -> StructuralChanges:
        if self._changes is None:
            self._changes = StructuralChanges(self)
        return self._changes

    def grow(
        self,
        condition: str | bool | None = None,
        i: str | None = None,
        j: str | None = None,
        p: float | str = 1.0,
        values: Mapping[str, Any] | None = None,
        multiple: bool = False,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "end",
        order: int = 0,
        name: str | None = None,
    ) -> Growth:
        """Make synapses in each step, as connect() would; the object that does it.

        condition, i, j, p   which pairs, as in connect(); p is the probability in one step
        values       {name: value} of the new synapses: a number with its unit, or a text that may
                     use i, j and variables of the neurons; 'delay' too, that of the pathway
                     'pre'. Others are 0; lastupdate of event-driven equations is the time.
        multiple     False: pairs that have a synapse get no other
        dt, clock    how often; default: each step of the synapses
        when, order  where in the step the pairs are chosen; the synapses come at its end

        New synapses are counted after those that exist. They know spikes from the next step on.

        >>> from rheobase import NeuronGroup, Synapses, ms, run
        >>> cells = NeuronGroup(4, 'x : 1')
        >>> S = Synapses(cells, cells, 'w : 1')
        >>> S.connect(False)
        >>> new = S.grow('i != j', values={'w': '10*i + j'}, dt=1*ms)
        >>> run(10*ms)
        >>> len(S), new.count, S.w[2, 3].tolist()
        (12, 12, [23.0])
        """
        call = Call(condition, i, j, p)
        steps = steps_of(self, dt, clock)
        chosen = name or f"{self.name}_grow*"
        changes = self._structural_changes()
        growth = Growth(self, changes, call, values or {}, multiple, steps, when, order, chosen)
        self._contain(growth)
        self._contain(Finish(changes, steps, f"{growth.name}_finish*"))
        return growth

    def _settle(self) -> None:
        if self._changes is not None:
            self._changes.apply()
            assert self._connections is not None  # compressed
