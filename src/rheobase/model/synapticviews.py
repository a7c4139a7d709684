"""What synapses are to scripts: their indices, and values that are read and set by code."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, Source
from rheobase.ir.builder import Element
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Expr, Name
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import Block
from rheobase.model.group import Group, new_part
from rheobase.model.synapticgroup import SynapticGroup, elements_of
from rheobase.model.variables import (
    ArrayVariable,
    Meaning,
    PositionVariable,
    Subexpression,
    Variable,
    dtype_of,
    symbol_of,
)
from rheobase.model.views import VariableView
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["SynapticSubgroup", "SynapticViews"]

_OF_SOURCE, _OF_TARGET = frozenset(("i", "N_pre")), frozenset(("N", "N_post"))


class SynapticViews(SynapticGroup):
    """Synapses that scripts index: by number, by [i, j], by [i, j, k], or with a condition."""

    def _view_indices(self, item: Any) -> NDArray[Any]:
        """(n,) numbers of synapses for anything that users index with, text aside."""
        self._check_connected()
        if isinstance(item, SynapticSubgroup):
            return item.indices
        if not isinstance(item, tuple):
            try:
                return super()._view_indices(item)
            except ModelTypeError as problem:
                raise IndexError(str(problem)) from None
        parts = cast("tuple[Any, ...]", item)
        if len(parts) not in (2, 3):
            raise IndexError(f"{self._label}: index synapses by number, by [i, j] or by [i, j, k]")
        chosen = np.ones(len(self), bool)
        for part, own, group in zip(
            parts, (self._side("i"), self._side("j")), (self.source, self.target)
        ):
            chosen &= np.isin(own, elements_of(group, part))
        if len(parts) == 3:
            chosen &= self._copies_in(parts[2])
        return np.flatnonzero(chosen)

    def _doubtful_names(self, item: Any) -> Collection[str]:
        if not isinstance(item, tuple):
            return ()
        parts = cast("tuple[Any, ...]", item)
        sides = zip(parts, (self.source, self.target), (_OF_SOURCE, _OF_TARGET))
        chosen = [n for part, group, n in sides if isinstance(part, Group) and part is not group]
        return frozenset[str]().union(*chosen)

    def _copies_in(self, part: Any) -> NDArray[np.bool_]:
        if self.multisynaptic_index is None:
            raise IndexError(
                f"{self._label}: a third index counts the synapses of a pair; give "
                "multisynaptic_index='k' when making the Synapses"
            )
        copies = self._connections.user_order(self._tables.slot("_copy").data)
        if isinstance(part, slice):
            numbers = np.arange(int(copies.max(initial=-1)) + 1)
            return np.isin(copies, numbers[cast("slice[Any, Any, Any]", part)])
        return np.isin(copies, np.asarray(part))

    def _check_connected(self) -> None:
        """Raise ModelTypeError before the first connect()."""
        if not self._connected:
            raise ModelTypeError(
                f"{self._label} has no synapses yet, so its variables have no values: "
                "call connect() first"
            )

    def __getattr__(self, name: str) -> VariableView:
        if "_standing" in self.__dict__ and name not in self.variables:
            found = self._neuron_variable(name)
            if found is not None:
                return self._side_view(*found, name)
        return super().__getattr__(name)

    def _neuron_variable(self, name: str) -> tuple[Group, Variable] | None:
        """What code of the synapses means by a name that is none of theirs.

        The group, and its variable: v_pre is the source's, v_post and plain v the target's.
        """
        group, stem = self._side_of(name)
        group = group or self.target
        return (group, group.variables[stem]) if stem in group.variables else None

    def __setattr__(self, name: str, value: object) -> None:
        if "_standing" in self.__dict__ and name not in self.variables:
            group, stem = self._side_of(name)
            if group is not None and stem in group.variables and group.variables[stem].shared:
                setattr(group, stem, value)
                return
        super().__setattr__(name, value)

    def _side_of(self, name: str) -> tuple[Group | None, str]:
        """The group that a name with an ending means, and the name without it."""
        for ending, group in (("_pre", self.source), ("_post", self.target)):
            if name.endswith(ending):
                return group, name.removesuffix(ending)
        return None, name

    def _side_view(self, group: Group, variable: Variable, name: str) -> VariableView:
        """A neuron's variable, for each synapse."""
        if variable.shared:
            return VariableView(group, variable, with_unit=True)
        shown = Subexpression(name, variable.type, variable.dim, Name(name))
        return VariableView(self, shown, with_unit=True)

    def __getitem__(self, item: Any) -> SynapticSubgroup:
        found = self._select(item) if isinstance(item, str) else self._view_indices(item)
        return SynapticSubgroup(self, np.atleast_1d(found))

    def _side(self, name: str) -> NDArray[np.int32]:
        """(n,) i or j of each synapse, as users count."""
        return self._connections.user_order(self._tables.computed(name))

    def _evaluate(
        self, variable: Variable, indices: NDArray[Any] | None, level: int = 0
    ) -> NDArray[Any]:
        """The values of a variable without memory, at some synapses or all."""
        if variable.shared:
            return super()._evaluate(variable, indices, level)
        if isinstance(variable, PositionVariable):
            values = self._side(variable.name)
        else:
            values = self._compute(Name(variable.name), variable.type, variable.dim, level)
        return values if indices is None else values[indices]

    def _compute(
        self, expr: Expr, kind: Type, dim: Any, level: int, any_unit: bool = False
    ) -> NDArray[Any]:
        """The value of an expression for each synapse, as users count."""
        out = ArrayVariable("_value", kind, dim, Slot("value", dtype_of(kind), len(self)))
        local = {"_value": Meaning(symbol_of(out, "the value"), out.element(Index.OWN))}
        statement = Assign("_value", None, expr)
        block = Block("value", self._domain(), (statement,), local=local, any_unit=any_unit)
        self._run_block(block, level)
        return self._connections.user_order(out.slot.data)

    def _select(self, condition: str, level: int = 0) -> NDArray[Any]:
        """(n,) the synapses for which a condition holds."""
        self._check_connected()
        expr = parse_expression(condition, Source(condition, f"{self._label}, index"))
        return np.flatnonzero(self._compute(expr, Type.BOOLEAN, DIMENSIONLESS, level))

    def _assign_code(
        self,
        variable: ArrayVariable,
        indices: NDArray[Any] | None,
        code: str,
        level: int = 0,
        any_unit: bool = False,
    ) -> None:
        """variable[indices] = the value of an expression, element by element."""
        expr = parse_expression(code, Source(code, f"{self._label}, value of '{variable.name}'"))
        if variable.shared:
            local = {variable.name: Meaning(symbol_of(variable), variable.element(Index.SHARED))}
            statement = Assign(variable.name, None, expr)
            domain = Elementwise(new_part(0, 1))
            name = f"set {variable.name}"
            block = Block(name, domain, (statement,), local=local, any_unit=any_unit)
            self._run_block(block, level)
            return
        self._check_connected()
        if indices is None:  # each synapse reads no other, so that no second array is needed
            symbol = Symbol("the value", variable.type, variable.dim)
            local = {"_value": Meaning(symbol, Element(variable.slot, Index.OWN))}
            statement = Assign("_value", None, expr)
            name = f"set {variable.name}"
            block = Block(name, self._domain(), (statement,), local=local, any_unit=any_unit)
            self._run_block(block, level)
            return
        values = self._compute(expr, variable.type, variable.dim, level, any_unit)
        variable.slot.data[self._positions_of(indices)] = values[indices]


class SynapticSubgroup:
    """Some of the synapses: `S[0, :]`, `S['w > 0']`; for recording, and as an index.

    indices   (n,) their numbers
    """

    def __init__(self, synapses: SynapticGroup, indices: NDArray[Any]) -> None:
        self.synapses = synapses
        self.indices = indices

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("synapses", "indices"):
            raise AttributeError(
                f"a choice of synapses has no variables that can be set: instead of S[...].{name} "
                f"= ... write S.{name}[...] = ..., with the same index"
            )
        super().__setattr__(name, value)

    def _indices(self) -> NDArray[Any]:
        return self.indices

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"<{len(self)} of the {len(self.synapses)} synapses of '{self.synapses.name}'>"
