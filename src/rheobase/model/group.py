"""Groups: objects with variables that scripts and code can reach."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, FaultList, Source, did_you_mean
from rheobase.ir.builder import Alias, Binding, Position
from rheobase.ir.dtypes import BOOL, I32, I64
from rheobase.ir.kernels import Domain, Elementwise, Index, Indexed, IndexList, Part, Select, Stream
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.lang.nodes import Assign, Name, names_in
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.base import SimulationObject
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import Clock
from rheobase.model.code import (
    Block,
    Result,
    make_kernel,
    name_places,
    resolve_functions,
    unknown_name,
)
from rheobase.model.namespace import Constants, find_function
from rheobase.model.variables import (
    ArrayVariable,
    Meaning,
    PositionVariable,
    Subexpression,
    Variable,
    dtype_of,
    symbol_of,
)
from rheobase.model.views import VariableView, indices_of
from rheobase.runtime import random
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import run_once
from rheobase.units import second
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["Group", "new_part"]


def new_part(first: int, size: int) -> Part:
    """The elements first, ..., first + size - 1."""
    return Part(Slot("first", I64, fill=first), Slot("N", I64, fill=size))


class Group(SimulationObject):
    """An object with named variables, one value for each of its elements or one for all.

    variables   by name
    part        the elements of the slots that belong to it
    namespace   external constants of its own, or {} to use none from outside; None: the script's
    """

    def __init__(
        self,
        name: str,
        part: Part,
        *,
        when: str = "start",
        order: int = 0,
        dt: Any = None,
        clock: Clock | None = None,
        namespace: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, when, order, dt, clock)
        self.part = part
        self.namespace: dict[str, Any] = dict(namespace or {})
        self._implicit_namespace = namespace is None
        self.variables: dict[str, Variable] = {}
        self.constants = Constants()
        self._add_standard_variables()

    def _add_standard_variables(self) -> None:
        clock = self.clock.state.slots
        self.add_variable(PositionVariable("i", self.part.first))
        for name, kind, slot in (("N", Type.INTEGER, self.part.size),):
            self.add_variable(
                ArrayVariable(name, kind, DIMENSIONLESS, slot, True, True, read_only=True)
            )
        for name, slot, constant in (("t", clock.t, False), ("dt", clock.dt, True)):
            self.add_variable(
                ArrayVariable(name, Type.FLOAT, second.dim, slot, True, constant, read_only=True)
            )
        self.add_variable(
            ArrayVariable(
                "t_in_timesteps", Type.INTEGER, DIMENSIONLESS, clock.step, True, read_only=True
            )
        )

    def add_variable(self, variable: Variable) -> None:
        self.variables[variable.name] = variable

    def add_array(
        self,
        name: str,
        kind: Type = Type.FLOAT,
        dim: Any = DIMENSIONLESS,
        *,
        size: int | None = None,
        shared: bool = False,
        constant: bool = False,
        read_only: bool = False,
        guard: ArrayVariable | None = None,
        fill: float = 0,
    ) -> ArrayVariable:
        """A new variable with memory of its own."""
        n = 1 if shared else len(self) if size is None else size
        slot = Slot(name, dtype_of(kind), n, fill)
        variable = ArrayVariable(name, kind, dim, slot, shared, constant, read_only, guard)
        self.add_variable(variable)
        return variable

    def __len__(self) -> int:
        return int(self.part.size.data[0])

    # ------------------------------------------------------------ names in code
    def known_names(self) -> Collection[str]:
        return self.variables

    def external_namespace(self, namespace: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where external names may come from, the group's own aside."""
        return namespace if self._implicit_namespace else {}

    def meaning(
        self, name: str, namespace: Mapping[str, Any], index: Index = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        """What a name means in the group's code; see model.code.CodeOwner."""
        variable = self.variables.get(name)
        if variable is None:
            outside = self.external_namespace(namespace)
            return self.constants.meaning(name, self.namespace, outside)
        return self.variable_meaning(variable, namespace, index)

    def function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        """What a called name means in the group's code."""
        return find_function(name, self.namespace, self.external_namespace(namespace))

    def variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Index
    ) -> Meaning | Sequence[Fault]:
        symbol = symbol_of(variable)
        match variable:
            case ArrayVariable():
                return Meaning(symbol, variable.element(index))
            case PositionVariable(offset=offset):
                return Meaning(symbol, Position(index.value, offset))
            case Subexpression():
                return self._alias(symbol, variable, namespace, index)

    def _alias(
        self, symbol: Symbol, variable: Subexpression, namespace: Mapping[str, Any], index: Index
    ) -> Meaning | Sequence[Fault]:
        bindings: dict[str, Binding] = {}
        faults: list[Fault] = []
        for name in sorted(names_in(variable.expr)):
            found = self.meaning(name, namespace, index)
            if isinstance(found, Meaning):
                bindings[name] = found.binding
            elif found is not None:
                faults += [found] if isinstance(found, Fault) else found
            else:
                faults.append(self._unknown_in(name, variable))
            if isinstance(found, Meaning) and not found.symbol.stateless:
                symbol = replace(symbol, stateless=False)
        collected = FaultList()
        calls = called_in([variable.expr])
        functions = resolve_functions(calls, self, namespace, collected)
        faults += collected.faults
        if not all(f.stateless for f in functions.values()):
            symbol = replace(symbol, stateless=False)
        return faults or Meaning(symbol, Alias(variable.expr, bindings, functions))

    def _unknown_in(self, name: str, variable: Subexpression) -> Fault:
        place = name_places([variable.expr])[name]
        return unknown_name(name, self.label, place.span, self.variables)

    # ------------------------------------------------------------ views
    def view_size(self) -> int:
        return len(self)

    def positions(self, indices: NDArray[Any]) -> NDArray[Any]:
        return indices + int(self.part.first.data[0])

    def view_indices(self, item: Any) -> NDArray[Any]:
        return indices_of(item, self.view_size(), self.label)

    def written(self, variable: ArrayVariable) -> None:
        """The script has written to a variable: nothing to do."""

    def domain(self) -> Domain:
        """All elements."""
        return Elementwise(self.part)

    def select(self, condition: str, level: int = 0) -> NDArray[np.int32]:
        out = IndexList(Slot("selected", I32, self.view_size()), Slot("count", I64))
        source = Source(condition, f"{self.label}, index")
        expr = parse_expression(condition, source)
        result = Result(expr, None, BOOL, "an index given as text")
        block = Block("index", Select(self.part, out), results=(result,))
        self._run_block(block, level)
        first = int(self.part.first.data[0])
        return out.indices.data[: out.count.data[0]] - np.int32(first)

    def evaluate(
        self, variable: Variable, indices: NDArray[Any] | None, level: int = 0
    ) -> NDArray[Any]:
        dtype = dtype_of(variable.type)
        size = 1 if variable.shared else int(self.part.first.data[0]) + len(self)
        out = ArrayVariable("_value", variable.type, variable.dim, Slot("value", dtype, size))
        where = Index.SHARED if variable.shared else Index.OWN
        local = {"_value": Meaning(symbol_of(out), out.element(where))}
        statement = Assign("_value", None, Name(variable.name))
        domain = self.domain() if not variable.shared else Elementwise(new_part(0, 1))
        self._run_block(
            Block(variable.name, domain, (statement,), local=local, checked=True), level
        )
        if variable.shared:
            return out.slot.data[0]
        values = out.slot.data[int(self.part.first.data[0]) :]
        return values if indices is None else values[indices]

    def assign_code(
        self, variable: ArrayVariable, indices: NDArray[Any] | None, code: str, level: int = 0
    ) -> None:
        source = Source(code, f"{self.label}, value of '{variable.name}'")
        expr = parse_expression(code, source)
        statement = Assign(variable.name, None, expr)
        domain = self.domain()
        if variable.shared:
            domain = Elementwise(new_part(0, 1))
        elif indices is not None:
            listed = Slot("indices", I32, len(indices))
            listed.data[:] = self.positions(indices)
            count = Slot("count", I64, fill=len(indices))
            domain = Indexed(IndexList(listed, count), self.part)
        self._run_block(Block(f"set {variable.name}", domain, (statement,)), level)

    def _run_block(self, block: Block, level: int) -> None:
        """Check and run a block now, with the names that the calling script sees."""
        state = random.new_stream_state(block.name)
        stream = Stream(state, ClockState(1.0).slots.step)
        kernel = make_kernel(block, self, caller_namespace(level), stream)
        if kernel.stream is not None:
            random.write_stream(state, random.take_streams(), 0)
        run_once(kernel)

    # ------------------------------------------------------------ attributes
    def __getattr__(self, name: str) -> Any:
        variables: dict[str, Variable] = self.__dict__.get("variables", {})
        if name in variables:
            return VariableView(self, variables[name], with_unit=True)
        if name.endswith("_") and name[:-1] in variables:
            return VariableView(self, variables[name[:-1]], with_unit=False)
        near = did_you_mean(name, variables)
        raise AttributeError(f"{self.__dict__.get('name', 'the group')} has no '{name}'. {near}")

    def __setattr__(self, name: str, value: Any) -> None:
        variables: dict[str, Variable] = self.__dict__.get("variables", {})
        plain = name[:-1] if name.endswith("_") and name not in variables else name
        if plain in variables:
            view = VariableView(self, variables[plain], with_unit=plain == name)
            if not view.is_same(value):  # G.v += x has written already
                view.set_item(slice(None), value)
            return
        if self.__dict__.get("_sealed") and not name.startswith("_") and not hasattr(self, name):
            near = did_you_mean(name, variables)
            raise AttributeError(
                f"{self.label} has no variable '{name}'. {near} "
                f"To keep something of your own there, call add_attribute('{name}') first."
            )
        object.__setattr__(self, name, value)

    def add_attribute(self, name: str) -> None:
        """Allow a script to keep a value of its own under this name."""
        self.__dict__[name] = None

    def seal(self) -> None:
        """From now on, only known attributes may be set."""
        self.__dict__["_sealed"] = True
