"""Synapses that come and go during a run: what S.prune and S.grow return.

Which synapses go is decided by native code in each due step, which pairs come by that of connect().
Both take effect at the end of the step: then the connections are rebuilt, once for all changes of
the step, and the run goes on. Those that go are taken out first.

A rebuild copies each variable once, and looks for the place of each new synapse by bisection: O(n +
m log n) for n synapses and m new ones. A step that changes nothing costs the condition only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, UnknownNameError, did_you_mean
from rheobase.ir.dtypes import BOOL
from rheobase.ir.kernels import Index, Kernel, Python
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Expr
from rheobase.lang.symbols import Type
from rheobase.model.base import Work
from rheobase.model.clock import Clock
from rheobase.model.code import Block, Result, Runner
from rheobase.model.creation import Call, new_pairs
from rheobase.model.lookups import structure_changed
from rheobase.model.pairs import pair_values
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.variables import ArrayVariable, Meaning, symbol_of
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["Growth", "Pruning", "StructuralChanges"]


@dataclass(frozen=True)
class _New:
    """Synapses to be made: pairs as users count neurons, and how they are grown."""

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    growth: Growth


class StructuralChanges:
    """What the code of a step has asked for, until the step is over."""

    def __init__(self, synapses: SynapticGroup) -> None:
        self._synapses = synapses
        self._gone: list[tuple[NDArray[np.bool_], Pruning]] = []
        self._new: list[_New] = []

    def remove(self, gone: NDArray[np.bool_], pruning: Pruning) -> None:
        """gone (n,) by entry."""
        self._gone.append((gone, pruning))
        structure_changed()

    def add(self, new: _New) -> None:
        self._new.append(new)
        structure_changed()

    def apply(self) -> None:
        """Do it all: remove, then add."""
        if self._gone:
            total = np.zeros(len(self._synapses), bool)
            for gone, pruning in self._gone:
                pruning.count += int((gone & ~total).sum())
                total |= gone
            self._gone = []
            self._synapses.remove_entries(total)
        pending, self._new = self._new, []
        for new in pending:
            new.growth.make(new.sources, new.targets)


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

    def _make_blocks(self) -> Sequence[Block]:
        self._pruned.slot.resize(len(self.synapses.connections))
        local = {"_pruned": Meaning(symbol_of(self._pruned), self._pruned.element(Index.OWN))}
        statement = Assign("_pruned", None, self._condition)
        checked = (Result(self._condition, None, BOOL, "the condition of prune()"),)
        domain = self.synapses.domain()
        return (Block("prune", domain, (statement,), local=local, parts=checked),)

    def work(self) -> Sequence[Work]:
        return [*super().work(), self._remove]

    def _ask(self) -> None:
        if self._pruned.slot.data.any():
            self._changes.remove(self._pruned.slot.data.copy(), self)


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
        self._grow = Work(Kernel(f"{name} grow", Python()), self._ask)
        if not call.generates:
            raise ModelValueError(f"{synapses.label}: grow() takes a condition or a generator")
        known = {v.name for v in synapses.synaptic_arrays()} | {"delay"}
        for name in self._values:
            if name not in known:
                near = did_you_mean(name, known)
                raise UnknownNameError(f"{synapses.label} has no variable '{name}'. {near}")

    def prepare(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def work(self) -> Sequence[Work]:
        return [self._grow]

    def _ask(self) -> None:
        sources, targets = new_pairs(self.synapses, self._call, self._namespace)
        if len(sources):
            self._changes.add(_New(sources.astype(np.int64), targets.astype(np.int64), self))

    def make(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> None:
        """Make synapses of those pairs that have none, or of all if several are allowed."""
        synapses = self.synapses
        if not self._multiple:
            free = ~synapses.connections.have(*synapses.placed(sources, targets))
            sources, targets = sources[free], targets[free]
        if not len(sources):
            return
        computed = {n: self._computed(n, v, sources, targets) for n, v in self._values.items()}
        first = len(synapses)
        synapses.add_pairs(*synapses.placed(sources, targets))
        self.count += len(sources)
        for name, value in computed.items():
            plain = isinstance(self._values[name], str)
            getattr(synapses, f"{name}_" if plain else name)[first:] = value

    def _computed(
        self, name: str, value: Any, sources: NDArray[np.int64], targets: NDArray[np.int64]
    ) -> Any:
        if not isinstance(value, str):
            return value
        view = getattr(self.synapses, name)
        variable = view.variable
        if not isinstance(variable, ArrayVariable):
            raise ModelTypeError(f"{self.synapses.label}: '{name}' cannot be set")
        return pair_values(self.synapses, sources, targets, variable, value, self._namespace)
