"""Groups: objects with variables that scripts and code can reach."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import (
    Fault,
    FaultList,
    ModelTypeError,
    Source,
    UnknownNameError,
    did_you_mean,
)
from rheobase.ir.builder import Alias, Binding
from rheobase.ir.domains import Domain, Elementwise, Index, Indexed, IndexList, Part, Select
from rheobase.ir.dtypes import BOOL, F64, I32, I64, DType
from rheobase.ir.slots import Slot
from rheobase.lang.check import check_expression
from rheobase.lang.functions import FUNCTIONS, FunctionInfo, called_in
from rheobase.lang.nodes import Assign, Name, names_in
from rheobase.lang.parse import parse_expression
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.base import SimulationObject
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import Clock, EventClock
from rheobase.model.code import (
    Block,
    Result,
    Runner,
    name_places,
    resolve_functions,
    run_block,
    unknown_name,
)
from rheobase.model.evaluated import TextOwner
from rheobase.model.grids import GridWarnings
from rheobase.model.linked import LinkedValue, linked_meaning, make_link, position_meaning
from rheobase.model.lookups import OwnNamespace, structure_changed
from rheobase.model.namespace import Conflicts, Constants, find_function, own_namespace
from rheobase.model.runregularly import RegularCode, guarded_targets, steps_of
from rheobase.model.states import Indices, exported, imported
from rheobase.model.variables import (
    ArrayVariable,
    LinkedVariable,
    Meaning,
    PositionVariable,
    Reach,
    Subexpression,
    Variable,
    dtype_of,
    stored_dtype,
    symbol_of,
)
from rheobase.model.views import VariableView, indices_of
from rheobase.units import second
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["Group", "new_part"]

# attributes that scripts set, so that a variable of this name is set as name_ only
_SETTABLE = frozenset(("active", "clock", "name", "namespace", "order", "when"))


def new_part(first: int, size: int) -> Part:
    """The elements first, ..., first + size - 1."""
    return Part(Slot("first", I64, fill=first), Slot("N", I64, fill=size))


class Group(SimulationObject):
    """An object with named variables, one value for each of its elements or one for all.

    variables   by name
    _part       the elements of the slots that belong to it
    _span       the range of elements in which they lie: differs for some subgroups only
    namespace   external names of its own, which come before those of the script; may be changed

    >>> from rheobase import NeuronGroup, mV
    >>> cells = NeuronGroup(3, 'v : volt')
    >>> sorted(cells.variables)[-2:]
    ['t_in_timesteps', 'v']
    >>> cells.get_states(['v'])
    {'v': array([0., 0., 0.]) * volt}
    """

    N: int
    _plain_numbers = frozenset(("N",))  # variables that scripts see as an int, not as a view

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
        if isinstance(clock, EventClock):
            raise ModelTypeError(
                f"{self._label}: the clock of a group has steps, dt; an EventClock has none. It is "
                "for code, operations and monitors: run_on_clock(code, clock), clock=..."
            )
        self._part = self._span = part
        self._float_dtype: DType = F64
        self.namespace = OwnNamespace(own_namespace(namespace, self._label))
        self.variables: MutableMapping[str, Variable] = {}
        self._constants = Constants()
        self._grids = GridWarnings()
        self._conflicts = Conflicts()
        self._add_standard_variables()

    def _add_standard_variables(self) -> None:
        clock = self.clock.state.slots
        self._add_variable(PositionVariable("i", self._part.first))
        for name, kind, slot in (("N", Type.INTEGER, self._part.size),):
            self._add_variable(
                ArrayVariable(name, kind, DIMENSIONLESS, slot, True, True, read_only=True)
            )
        for name, slot, constant in (("t", clock.t, False), ("dt", clock.dt, True)):
            self._add_variable(
                ArrayVariable(
                    name, Type.FLOAT, second.dim, slot, True, constant, True, weak=constant
                )
            )
        self._add_variable(
            ArrayVariable(
                "t_in_timesteps", Type.INTEGER, DIMENSIONLESS, clock.step, True, read_only=True
            )
        )

    def _add_variable(self, variable: Variable) -> None:
        """Take a variable in, or put it in place of the one of its name."""
        self.variables[variable.name] = variable

    def _add_array(
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
        dtype: DType | None = None,
        memory: type[Slot] = Slot,
    ) -> ArrayVariable:
        """A new variable with memory of its own; dtype: None, what the group uses for its type."""
        n = 1 if shared else len(self) if size is None else size
        slot = memory(name, dtype or dtype_of(kind, self._float_dtype), n, fill)
        variable = ArrayVariable(name, kind, dim, slot, shared, constant, read_only, guard)
        self._add_variable(variable)
        return variable

    def __len__(self) -> int:
        return int(self._part.size.data[0])

    # ------------------------------------------------------------ names in code
    def _known_names(self) -> Collection[str]:
        """All names that code of the group may use, for corrections."""
        return {*self.variables, *self.namespace}

    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        """What a name means in the group's code; see model.code.CodeOwner."""
        variable = self.variables.get(name)
        if variable is None:
            if default_symbol(name) is not None:
                self._warn_of_conflict(name, "a unit or constant", namespace)
            else:
                self._conflicts.check_constant(name, self._label, self.namespace, namespace)
            return self._constants.meaning(name, self.namespace, namespace)
        if name != "N" or not _is_number(namespace.get("N"), len(self)):
            self._warn_of_conflict(name, "a variable of the group", namespace)
        return self._variable_meaning(variable, namespace, index)

    def _warn_of_conflict(self, name: str, meaning: str, namespace: Mapping[str, Any]) -> None:
        self._conflicts.check(name, meaning, self._label, self.namespace, namespace)

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        """What a called name means in the group's code."""
        found = find_function(name, self.namespace, namespace)
        if isinstance(found, FunctionInfo):
            if name in FUNCTIONS:
                self._warn_of_conflict(name, "a function", namespace)
            elif name in self.namespace and found.grid is None:
                structure_changed()  # what the function uses may change unseen
            self._grids.check(name, found, self.clock.dt_, self._label)
        return found

    def _called_functions(self) -> Collection[str]:
        """The functions that its equations call."""
        return ()

    def _variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]:
        """What a variable means in code that reaches it by an index, or why it cannot."""
        symbol = symbol_of(variable)
        match variable:
            case ArrayVariable():
                return Meaning(symbol, variable.element(index))
            case PositionVariable():
                return position_meaning(variable, index)
            case LinkedVariable():
                return linked_meaning(self, variable, namespace, index)
            case Subexpression():
                return self._alias(symbol, variable, namespace, index)

    def _alias(
        self, symbol: Symbol, variable: Subexpression, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]:
        """A subexpression, put in where it is used, and checked: its names may be new."""
        symbols: dict[str, Symbol] = {}
        bindings: dict[str, Binding] = {}
        faults: list[Fault] = []
        for name in sorted(names_in(variable.expr)):
            found = self._meaning(name, namespace, index)
            if isinstance(found, Meaning):
                symbols[name], bindings[name] = found.symbol, found.binding
            elif found is not None:
                faults += [found] if isinstance(found, Fault) else found
            else:
                faults.append(self._unknown_in(name, variable, namespace))
        collected = FaultList()
        calls = called_in([variable.expr])
        functions = resolve_functions(calls, self, namespace, collected)
        faults += collected.faults
        if faults:
            return faults
        what = f"'{variable.name}'"
        kind = check_expression(
            variable.expr, symbols, variable.dim, collected, what, {**FUNCTIONS, **functions}
        )
        if kind is None or collected.faults:
            where = f"{self._label}, equations"
            return [replace(f, label=f.label or where) for f in collected.faults]
        symbol = replace(symbol, stateless=kind.stateless)
        return Meaning(symbol, Alias(variable.expr, bindings, functions))

    def _unknown_in(
        self, name: str, variable: Subexpression, namespace: Mapping[str, Any]
    ) -> Fault:
        span = name_places([variable.expr])[name].span
        value, function = namespace.get(name), self._function(name, namespace)
        return unknown_name(name, self._label, span, self.variables, value, function)

    # ------------------------------------------------------------ views
    def _view_size(self) -> int:
        """The number of elements that views show."""
        return len(self)

    def _positions_of(self, indices: NDArray[Any]) -> NDArray[Any]:
        return indices + int(self._part.first.data[0])

    def _view_indices(self, item: Any) -> NDArray[Any]:
        """(n,) element numbers for anything that users index with, text aside."""
        if isinstance(item, Group):
            return self._numbers_of(item)
        return indices_of(item, self._view_size(), self._label)

    def _numbers_of(self, other: Group) -> NDArray[Any]:
        """The elements of a subgroup, as this group numbers them."""
        if other._root() is not self._root():
            raise IndexError(f"{self._label} does not hold the elements of {other._label}")
        numbers = self._numbers_at(other._positions_of(np.arange(len(other))))
        if (numbers < 0).any():
            raise IndexError(f"{self._label} does not hold all elements of {other._label}")
        return numbers

    def _root(self) -> Group:
        """The group that owns the memory: itself, unless it is a subgroup."""
        return self

    def _numbers_at(self, positions: NDArray[Any]) -> NDArray[Any]:
        """The elements that stand at positions of the slots; -1 for those of none of its own."""
        numbers = positions - int(self._part.first.data[0])
        return np.where((numbers >= 0) & (numbers < len(self)), numbers, -1)

    def _dtype_of(self, variable: Variable) -> np.dtype[Any]:
        """How the values of a variable are stored."""
        return stored_dtype(variable, self._float_dtype).numpy

    def _written(self, variable: ArrayVariable) -> None:
        """The script has written to a variable: nothing to do."""

    def _doubtful_names(self, item: Any) -> Collection[str]:
        """Names that mean one thing here, and another within the subgroup that is the index."""
        theirs: Mapping[str, Variable] = getattr(item, "variables", {})
        return {n for n, own in self.variables.items() if theirs.get(n, own) is not own}

    def _domain(self) -> Domain:
        """All elements."""
        return Elementwise(self._part)

    def _domain_of(self, bindings: Mapping[str, Binding]) -> Domain:
        """All elements, for code that uses these bindings."""
        return self._domain()

    def _select(self, condition: str, level: int = 0) -> NDArray[Any]:
        """(n,) the elements for which a condition holds."""
        out = IndexList(Slot("selected", I32, int(self._span.size.data[0])), Slot("count", I64))
        source = Source(condition, f"{self._label}, index")
        expr = parse_expression(condition, source)
        result = Result(expr, None, BOOL, "an index given as text")
        block = Block("index", Select(self._span, out), results=(result,))
        self._run_block(block, level)
        numbers = self._numbers_at(out.indices.data[: out.count.data[0]])
        return np.sort(numbers[numbers >= 0])

    def _evaluate(
        self, variable: Variable, indices: NDArray[Any] | None, level: int = 0
    ) -> NDArray[Any]:
        """The values of a variable without memory, at some elements or all."""
        dtype = stored_dtype(variable, self._float_dtype)
        span = self._span
        size = 1 if variable.shared else int(span.first.data[0]) + int(span.size.data[0])
        out = ArrayVariable("_value", variable.type, variable.dim, Slot("value", dtype, size))
        where = Index.SHARED if variable.shared else Index.OWN
        local = {"_value": Meaning(symbol_of(out), out.element(where))}
        statement = Assign("_value", None, Name(variable.name))
        domain = self._domain() if not variable.shared else Elementwise(new_part(0, 1))
        self._run_block(
            Block(variable.name, domain, (statement,), local=local, checked=True), level
        )
        if variable.shared:
            return out.slot.data[0]
        return out.slot.data[
            self._positions_of(np.arange(len(self)) if indices is None else indices)
        ]

    def _assign_code(
        self,
        variable: ArrayVariable,
        indices: NDArray[Any] | None,
        code: str,
        level: int = 0,
        any_unit: bool = False,
    ) -> None:
        """variable[indices] = the value of an expression, element by element."""
        source = Source(code, f"{self._label}, value of '{variable.name}'")
        expr = parse_expression(code, source)
        statement = Assign(variable.name, None, expr)
        domain = self._domain()
        if variable.shared:
            domain = Elementwise(new_part(0, 1))
        elif indices is not None:
            listed = Slot("indices", I32, len(indices))
            listed.data[:] = self._positions_of(indices)
            count = Slot("count", I64, fill=len(indices))
            domain = Indexed(IndexList(listed, count), self._part)
        local = guarded_targets(self, (statement,))
        name = f"set {variable.name}"
        block = Block(name, domain, (statement,), local=local, any_unit=any_unit)
        self._run_block(block, level)

    def _run_block(self, block: Block, level: int) -> None:
        """Check and run a block now, with the names that the calling script sees."""
        run_block(block, TextOwner(self), caller_namespace(level))

    # ------------------------------------------------------------ attributes
    def __getattr__(self, name: str) -> VariableView:
        variables: Mapping[str, Variable] = self.__dict__.get("variables", {})
        if name.removesuffix("_") in self._plain_numbers:
            number = variables.get(name.removesuffix("_"))
            if isinstance(number, ArrayVariable):
                return int(number.slot.data[0])  # pyright: ignore  (declared as N: int)
        if name in variables:
            return VariableView(self, variables[name], with_unit=True)
        if name.endswith("_") and name[:-1] in variables:
            return VariableView(self, variables[name[:-1]], with_unit=False)
        near = did_you_mean(name, variables)
        label = self.__dict__.get("name", "the group")
        raise AttributeError(f"{label} has no '{name}'. {near}".rstrip())

    def __setattr__(self, name: str, value: object) -> None:
        variables: Mapping[str, Variable] = self.__dict__.get("variables", {})
        plain = name[:-1] if name.endswith("_") and name not in variables else name
        if plain in variables and name not in _SETTABLE:
            if isinstance(value, LinkedValue):
                self._add_variable(make_link(self, variables[plain], value))
                structure_changed()
                return
            view = VariableView(self, variables[plain], with_unit=plain == name)
            if not view.is_same(value):  # G.v += x has written already
                view.set_item(slice(None), value)
            return
        if self.__dict__.get("_sealed") and not name.startswith("_") and not hasattr(self, name):
            near = did_you_mean(name, variables)
            raise AttributeError(
                f"{self._label} has no variable '{name}'. {near}{' ' if near else ''}"
                f"To keep something of your own there, call add_attribute('{name}') first."
            )
        object.__setattr__(self, name, value)

    # ------------------------------------------------------------ code in steps of its own
    def run_regularly(
        self,
        code: str,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "start",
        order: int = 0,
        name: str | None = None,
        codeobj_class: Any = None,
    ) -> Runner:
        """Run statements for all elements in each step; the object that does it.

        dt, clock    how often; default: each step of the group
        when, order  where in the step
        codeobj_class   accepted for scripts that give one; it has no meaning here

        Variables with the flag (unless refractory) are not written while it holds.

        >>> from rheobase import NeuronGroup, ms, run
        >>> cells = NeuronGroup(2, 'x : 1')
        >>> counting = cells.run_regularly('x += 1', dt=1*ms)
        >>> run(3*ms)
        >>> cells.x[:].tolist()
        [3.0, 3.0]
        """
        steps = steps_of(self, dt, clock)
        runner = RegularCode(self, code, steps, when, order, name or f"{self.name}_run_regularly*")
        self._contain(runner)
        return runner

    def run_on_clock(
        self,
        code: str,
        clock: Clock,
        when: str = "start",
        order: int = 0,
        name: str | None = None,
        codeobj_class: Any = None,
    ) -> Runner:
        """Run statements for all elements in each step of a clock; see run_regularly."""
        return self.run_regularly(code, None, clock, when, order, name)

    def run_at(
        self,
        code: str,
        times: Any,
        when: str = "start",
        order: int = 0,
        name: str | None = None,
        codeobj_class: Any = None,
    ) -> Runner:
        """Run statements for all elements at given times; see run_regularly.

        times   times >= 0, all different

        >>> from rheobase import NeuronGroup, ms, run
        >>> cells = NeuronGroup(2, 'x : 1')
        >>> kicks = cells.run_at('x += 1', [1, 4]*ms)
        >>> run(3*ms)
        >>> cells.x[:].tolist()
        [1.0, 1.0]
        """
        name = name or f"{self.name}_run_at*"
        return self.run_regularly(code, None, EventClock(times), when, order, name)

    def _guarded(self, block: Block, clock: Clock, lag: Slot | None = None) -> Block:
        """The block, for the elements that take part in steps of a clock: here all of them.

        lag   how many steps ago they must have, I64 (1,)
        """
        return block

    def _contain(self, x: SimulationObject) -> None:
        """Make an object run wherever this group runs."""
        self.contained_objects.append(x)

    # ------------------------------------------------------------ states
    @property
    def indices(self) -> Indices:
        """Element numbers: `G.indices['v > 0']`, `G.indices[2:5]`."""
        return Indices(self)

    def state(self, name: str, use_units: bool = True, level: int = 0) -> VariableView:
        """The variable called `name`, as G.name shows it (UnknownNameError)."""
        if name not in self.variables:
            near = did_you_mean(name, self.variables)
            raise UnknownNameError(f"{self._label} has no variable '{name}'. {near}")
        return VariableView(self, self.variables[name], with_unit=use_units)

    def get_states(
        self,
        vars: Sequence[str] | None = None,
        units: bool = True,
        format: str = "dict",
        subexpressions: bool = False,
        read_only_variables: bool = True,
        level: int = 0,
    ) -> Any:
        """The values of variables: a dict by name, or a pandas table.

        vars    names; None: all, with subexpressions and what cannot be set as the flags say
        units   quantities instead of SI numbers (not for 'pandas')
        format  'dict', 'pandas', or what ImportExport.register has added
        """
        if vars is None:
            vars = [
                n
                for n, v in self.variables.items()
                if not n.startswith("_")
                and (subexpressions or not isinstance(v, Subexpression))
                and (read_only_variables or not v.read_only)
            ]
        return exported(self, vars, units, format, level)

    def set_states(
        self, values: Any, units: bool = True, format: str = "dict", level: int = 0
    ) -> None:
        """Set variables to what get_states gave; see there."""
        imported(self, values, units, format, level)

    def _seal(self) -> None:
        """From now on, only known attributes may be set."""
        vars(self)["_sealed"] = True


def _is_number(x: Any, number: int) -> bool:
    """Whether a script's value is a plain number, and this one: then either may be meant."""
    return isinstance(x, (int, float, np.integer)) and x == number
