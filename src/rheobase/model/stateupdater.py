"""Integrating a group's differential equations in each step."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations
from rheobase.equations.units import check_equations, noise_symbols
from rheobase.errors import FaultList, IntegrationError, labelled, raise_faults
from rheobase.integration import Choice, MethodChoice, candidates, choose, memory_of
from rheobase.integration.control import FAILED_AT
from rheobase.integration.crossing import LATE, SPIKED, Spiking
from rheobase.integration.rosenbrock import ROSENBROCK
from rheobase.integration.system import Method, System, Table
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import BOOL, F64
from rheobase.ir.kernels import At
from rheobase.ir.slots import Slot
from rheobase.lang.check import check_statements
from rheobase.lang.fold import evaluate
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.lang.nodes import Assign, Call, Expr, names_in
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.brownian import Path
from rheobase.model.code import (
    Block,
    Resolution,
    Result,
    Runner,
    check_result,
    exponents_in,
    make_room,
    name_places,
    resolve,
)
from rheobase.model.grids import holds_during_steps
from rheobase.model.group import Group
from rheobase.model.lookups import Lookups
from rheobase.model.recovery import Recovery
from rheobase.model.runaway import RunAway, explain, first_bad, n_bad
from rheobase.model.stiffness import Stiffness, find_stiffness
from rheobase.model.variables import ArrayVariable, Meaning, PositionVariable
from rheobase.topics import topic
from rheobase.units import Quantity, second

__all__ = ["StateUpdater"]


class StateUpdater(Runner):
    """One step of integration of a group's equations.

    equations   of the group
    first       statements that come before: whether the neurons are refractory
    refractory  names of the variables that hold still meanwhile
    method      a name, several to try in turn, or a Method
    names       the variables to integrate; None: all that have differential equations
    spiking     what makes the neurons spike, if that is to be found within the step
    beside      variables that another object of the group integrates, and how: {'v': 'method'}
    recovery    when `first` is to be done, if not for every neuron in each step
    """

    def __init__(
        self,
        owner: Group,
        equations: Equations,
        first: tuple[Assign, ...],
        refractory: frozenset[str],
        method: MethodChoice | Sequence[MethodChoice] | None,
        options: Mapping[str, object] | None,
        names: Collection[str] | None = None,
        spiking: Spiking | None = None,
        recovery: Recovery | None = None,
    ) -> None:
        super().__init__(
            owner,
            f"{owner.name}_stateupdater",
            tuple,
            when="groups",
            order=owner.order,
            clock=owner.clock,
        )
        self.group = owner
        self.equations = equations
        self.first = first
        self.refractory = refractory
        self.method_choice = method
        self.method_options = dict(options or {})
        self.method: Method | None = None
        self._system_equations: dict[str, Expr] = {
            name: equations.substituted(name)
            for name in equations.diff_eq_names
            if names is None or name in names
        }
        self._noise: Path | None = None
        self._signature: tuple[object, ...] | None = None
        self._still = frozenset[str]()  # functions of t that hold still during a step
        self._tables: list[tuple[Table, list[Slot]]] = []
        self._inputs: dict[str, bytes] = {}  # what the tables were computed from
        self._changing = frozenset[str]()  # constants that the run writes all the same
        self._resolution: Resolution | None = None
        self._size = 0  # for which tables were made
        self._dt = 0.0
        self._was_calm = False
        self._run_away: set[str] = set()
        self._before: dict[str, NDArray[Any]] = {}  # the state before a step
        self._said_stiff = False
        self._said_late = False
        self.spiking = spiking
        self.recovery = recovery
        self.beside: dict[str, str] = {}
        self._memory: dict[str, Slot] = {}  # per element, see integration.system.Updates
        self._own: tuple[str, ...] = self._add_memory()

    def _add_memory(self) -> tuple[str, ...]:
        """Give the group the variables that its method is to keep for scripts; their names."""
        if not self._system_equations:
            return ()
        made = memory_of(self.method_choice, self.method_options)
        for m in made:
            dtype = F64 if m.type is Type.FLOAT else None
            self.group._add_array(m.name, m.type, m.dim, fill=m.fill, dtype=dtype)
        return tuple(m.name for m in made)

    def _expressions(self) -> list[Expr]:
        spiking = self.spiking.expressions() if self.spiking else ()
        return [*self._system_equations.values(), *(s.value for s in self.first), *spiking]

    def _draws(self) -> list[Expr]:
        """What noise becomes: a call of randn, which a script may have replaced."""
        return [Call("randn", ())] if self.equations.stochastic_variables else []

    @property
    def noise(self) -> Path | None:
        """Where the noise of the equations comes from; None: random numbers of each run's own."""
        return self._noise

    @noise.setter
    def noise(self, path: Path | None) -> None:
        self._noise = path
        self._signature = self._resolution = None

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        expressions, written = self._expressions(), self.equations.expressions()
        if not expressions and not written:
            return
        if self.recovery is not None:
            self.recovery.look_anew()
        same = (self._dt, self._size, self._was_calm) == (
            self.clock.dt_, len(self.group), self._is_calm,
        )  # fmt: skip
        if self._resolution is not None and same and self.is_as_before(namespace):
            make_room(self._works)
            self._fill_tables(self._resolution)
            return
        self._resolution = self._lookups = None
        lookups = Lookups(namespace)
        names = frozenset({"t", "dt"}).union(*map(names_in, [*expressions, *written]))
        names |= frozenset(s.target for s in self.first) | frozenset(self._system_equations)
        names |= frozenset(self._own)
        targets: set[str] = set()
        if self.spiking:
            targets = {s.target for s in self.spiking.reset}
            names |= targets | {SPIKED, "lastspike"}
        faults, noise = FaultList(), noise_symbols(self.equations)
        resolution = resolve(
            [n for n in names if n not in noise],
            self.group,
            lookups,
            optional=targets,
            exponents=exponents_in(expressions),
            faults=faults,
            places=name_places([*written, *expressions]),
            calls=called_in([*written, *expressions, *self._draws()]),
        )
        raise_faults(faults.faults, f"{self.group._label}, equations")
        dt = self.clock.dt_
        self._still = frozenset(
            n
            for n, f in resolution.functions.items()
            if f.grid is not None and holds_during_steps(f.grid(), dt)
        )
        guarded = "_born" in self.group.variables
        signature = (
            *resolution.signature, self._still, self._changing, len(self.group), guarded,
            self._is_calm,
        )  # fmt: skip
        if signature != self._signature:
            self._rebuild(resolution)
            self._signature = signature
        make_room(self._works)
        self._fill_tables(resolution)
        self._resolution, self._lookups, self._dt = resolution, lookups, self.clock.dt_
        self._size, self._was_calm = len(self.group), self._is_calm

    def _rebuild(self, resolution: Resolution) -> None:
        if self._noise is not None:
            functions = {**resolution.functions, "randn": self._noise.function()}
            resolution = replace(resolution, functions=functions)
        scope = {**resolution.symbols, **noise_symbols(self.equations)}
        scope |= {n: replace(scope[n], constant=False) for n in self._changing}
        faults = FaultList()
        check_equations(self.equations, scope, faults, resolution.functions)
        check_statements(self.first, scope, faults, resolution.functions)
        self._check_spiking(scope, faults, resolution.functions)
        raise_faults(faults.faults, f"{self.group._label}, equations")
        if not self._expressions():
            return
        system = System(
            self._system_equations,
            scope,
            self.refractory,
            resolution.functions,
            self._still,
            self.equations,
        )
        with labelled(f"{self.group._label}, equations"):
            begun = time.perf_counter()
            choice = choose(system, self.method_choice, self.method_options, self.spiking)
        self.method, updates = choice.method, choice.updates
        self._say_choice(choice, time.perf_counter() - begun)
        self._tables = []
        local: dict[str, Meaning] = {}
        for table in updates.tables:
            slots, meanings = _table_slots(table, len(self.group))
            self._tables.append((table, slots))
            local |= meanings
        self._memory = {}
        for m in updates.memory:
            self._memory[m.name] = Slot(m.name, F64, len(self.group), m.fill)
            element = Element(self._memory[m.name], Index.OWN)
            local[m.name] = Meaning(Symbol(m.name, m.type, m.dim), element)
        block = Block(
            f"{self.group.name} state update",
            self.group._domain_of(resolution.bindings),
            updates.statements if self._is_calm else (*self.first, *updates.statements),
            checked=True,
            loop=updates.loop,
            is_step=True,
        )
        block = self.group._guarded(block, self.clock)
        local |= block.local
        bindings = {**resolution.bindings, **{k: m.binding for k, m in local.items()}}
        full = replace(resolution, symbols=scope, bindings=bindings)
        self._works = () if block.is_empty else self.lowered(0, block, full)
        if self.recovery is not None and self._is_calm:
            decide = self.recovery.block(f"{self.group.name} recovery", self.first)
            self._works = (*self.lowered(1, decide, full), *self._works)

    @property
    def _is_calm(self) -> bool:
        """Whether few neurons need to be looked at for the end of their refractoriness."""
        return self.recovery is not None and self.recovery.is_known

    def _say_choice(self, choice: Choice, seconds: float) -> None:
        """Say which of several methods was taken, and why none of those before it."""
        if len(candidates(self.method_choice)) < 2:
            return
        why = "".join(f", since '{n}' cannot: {r.rstrip('.')}" for n, r in choice.reasons.items())
        topic("method_choice").info(
            "%s: integrated by '%s'%s (chosen in %.2g s)",
            self.group._label, choice.method.name, why, seconds,
        )  # fmt: skip

    def _check_spiking(
        self, scope: Mapping[str, Symbol], faults: FaultList, functions: Mapping[str, FunctionInfo]
    ) -> None:
        if self.spiking is not None:
            threshold = Result(self.spiking.condition, None, BOOL, "the threshold")
            check_result(threshold, scope, faults, functions)
            known = self.owner._known_names()
            check_statements(self.spiking.reset, scope, faults, functions, known)

    def _fill_tables(self, resolution: Resolution) -> None:
        inputs: dict[str, bytes] = {}

        def value_of(expr: Expr) -> NDArray[Any]:
            values = {n: self._number(n, resolution.symbols[n]) for n in names_in(expr)}
            inputs.update({n: np.asarray(v).tobytes() for n, v in values.items()})
            return np.asarray(evaluate(expr, values, resolution.functions))

        if self._resolution is resolution and self._has_same_inputs(resolution):
            return
        for table, slots in self._tables:
            numbers = table.compute(value_of)
            if not table.per_element:
                slots[0].data[:] = numbers
                continue
            for slot, row in zip(slots, numbers):
                slot.data[:] = row
        self._inputs = inputs

    def _has_same_inputs(self, resolution: Resolution) -> bool:
        """Whether the numbers from which the tables were computed are what they were."""
        return all(
            np.asarray(self._number(n, resolution.symbols[n])).tobytes() == before
            for n, before in self._inputs.items()
        )

    def _finds_written(self, slots: Collection[Slot]) -> bool:
        variables = {n: self.group.variables.get(n) for n in self._inputs}
        found = {
            n for n, v in variables.items() if isinstance(v, ArrayVariable) and v.slot in slots
        }
        if not found:
            return False
        self._changing |= found
        self._resolution = None
        return True

    def _written(self, variable: ArrayVariable) -> None:
        """The script has set a variable, maybe in the middle of a run."""
        if self.recovery is not None and variable.slot in self.recovery.depends_on:
            self.recovery.look_anew()
        if self._resolution is None or self._size != len(self.group):
            return
        if variable.name in self._inputs:
            self._fill_tables(self._resolution)

    def check_finished(self) -> None:
        """Raise IntegrationError if an element could not finish a step."""
        failed_at = self._memory.get(FAILED_AT)
        if failed_at is None or not (failed_at.data >= 0).any():
            return
        times = failed_at.data
        first = np.where(times >= 0, times, np.inf)
        element, when = int(first.argmin()), Quantity(first.min(), dim=second.dim)
        times[:] = -1
        stiff = self._stiffness(element)
        values = ", ".join(self._value_text(n, element) for n in self._system_equations)
        method = self.method.name if self.method else ""
        raise IntegrationError(
            f"{self.group._label}: '{method}' could not finish the step of element {element} at "
            f"t = {when.in_best_unit()}: the error asked for was not reached within 'max_steps', "
            f"or the solution has no bound. Where it stands now: {values}. "
            + (
                f"'{stiff.variable}' is stiff there, with a rate of {stiff.rate:.3g}/s: take "
                "method='rosenbrock'."
                if stiff
                else "Ask for less (absolute_error in method_options) or allow more (max_steps)."
            )
        )

    def _stiffness(self, element: int | None = None) -> Stiffness | None:
        """Whether stability keeps the steps of an element short; by default of the shortest."""
        last = self.group.variables.get("_last_timestep")
        if self._resolution is None or not isinstance(last, ArrayVariable) or not len(self.group):
            return None
        if self.method is None or self.method.name == ROSENBROCK.name:
            return None
        steps = last.slot.data
        k = int(np.argmin(steps)) if element is None else element
        names = frozenset[str]().union(*map(names_in, self._system_equations.values()))
        values = self._values_of(k, names)
        functions = self._resolution.functions
        dt = self.clock.dt_
        return find_stiffness(self._system_equations, functions, values, float(steps[k]), dt)

    def _warn_if_stiff(self) -> None:
        """Say once that a method for stiff equations would take longer steps."""
        found = None if self._said_stiff else self._stiffness()
        if found is None or self.method is None:
            return
        self._said_stiff = True
        step = float(self.group.variables["_last_timestep"].slot.data.min())  # pyright: ignore
        topic("stiff").warning(
            "%s: '%s' is stiff: it returns within %.3g s to where the other variables pull it, and "
            "the stability of '%s', not the error, keeps its steps at %.3g s, %.0f in a dt. "
            "method='rosenbrock' may take longer ones.",
            self.group._label, found.variable, 1 / found.rate, self.method.name, step,
            self.clock.dt_ / step,
        )  # fmt: skip

    def _value_text(self, name: str, element: int) -> str:
        variable = self.group.variables[name]
        assert isinstance(variable, ArrayVariable)
        value = Quantity(float(variable.slot.data[element]), dim=variable.dim)
        return f"{name} = {value.in_best_unit()}"

    # ------------------------------------------------------------ numbers that have run away
    def keep_state(self) -> None:
        """Keep what the right-hand sides read, so that `ran_away` can explain the next step."""
        names = frozenset[str]().union(*map(names_in, self._system_equations.values()))
        self._before = {
            n: v.slot.data.copy()
            for n in names | self._system_equations.keys()
            if isinstance(v := self.group.variables.get(n), ArrayVariable)
        }

    @property
    def integrates(self) -> bool:
        """Whether there is any equation."""
        return bool(self._system_equations)

    def runs_away(self) -> bool:
        """Whether a variable that was finite so far is so no longer."""
        return any(
            isinstance(v := self.group.variables[name], ArrayVariable)
            and first_bad(v.slot.data) is not None
            for name in self._system_equations.keys() - self._run_away
        )

    def ran_away(self) -> list[RunAway]:
        """What has run away in a variable that was finite so far."""
        found: list[RunAway] = []
        for name in self._system_equations.keys() - self._run_away:
            variable = self.group.variables[name]
            if not isinstance(variable, ArrayVariable):
                continue
            element = first_bad(variable.slot.data)
            if element is not None:
                self._run_away.add(name)
                found.append(self._explained(name, element, variable.slot.data))
        self._before = {}
        return found

    def _explained(self, name: str, element: int, data: NDArray[Any]) -> RunAway:
        reason, place = "", None
        if self._resolution is not None:
            expr = self._system_equations[name]
            values = self._values_of(element, names_in(expr) | {name})
            functions = self._resolution.functions
            reason, place = explain(name, expr, values, functions, self.clock.dt_)
        return RunAway(
            self.group._label,
            name,
            element,
            n_bad(data),
            float(data[element]),
            self.clock.t_,
            self.clock.timestep,
            self.method.name if self.method else "",
            reason,
            place,
        )

    def _values_of(self, element: int, names: Collection[str]) -> dict[str, float]:
        """The values of one element, before the step if they were kept."""
        assert self._resolution is not None
        dt = self.clock.dt_
        values = {"dt": dt, "t": max(self.clock.t_ - dt, 0.0)}
        for name in names:
            symbol = self._resolution.symbols.get(name)
            if name in self._before:
                column: Any = self._before[name]
            elif symbol is not None and name not in values:
                try:
                    column = np.asarray(self._number(name, symbol))
                except AssertionError:
                    continue
            else:
                continue
            own = np.asarray(column if np.ndim(column) == 0 else column[element % len(column)])
            values[name] = int(own) if own.dtype.kind in "iu" else float(own)
        return values

    def after_run(self) -> None:
        """Say what can only be told of a whole run."""
        self._warn_if_stiff()
        self._warn_if_late()

    def _warn_if_late(self) -> None:
        """Say once that neurons were above the threshold again in the step of a spike."""
        late = self._memory.get(LATE)
        if late is None or self._said_late or not late.data.any():
            return
        self._said_late = True
        element = int(np.argmax(late.data))
        topic("late_spikes").warning(
            "%s: in %.0f steps a neuron was above its threshold again after its spike (most "
            "often neuron %d, %.0f times). A neuron spikes once in a step: the further spike "
            "counts at the beginning of the next one. Take a shorter dt, or see whether the reset "
            "leads below the threshold.",
            self.group._label, late.data.sum(), element, late.data[element],
        )  # fmt: skip

    def warn_of(self, found: RunAway, stopped: bool = False) -> None:
        """Say it, and what to do to find out more."""
        further = (
            "The run stops here."
            if stopped
            else "run(..., on_nonfinite='stop') stops at the step in which it happens."
        )
        topic("invalid_values").warning("%s\n  %s", found, further)

    def _number(self, name: str, symbol: Symbol) -> Any:
        variable = self.group.variables.get(name)
        if isinstance(variable, ArrayVariable):
            return variable.slot.data[0] if variable.shared else variable.slot.data
        if isinstance(variable, PositionVariable):
            return np.arange(len(self.group))
        assert symbol.value is not None, f"{name} has no value before the run"
        return symbol.value


def _table_slots(table: Table, n: int) -> tuple[list[Slot], dict[str, Meaning]]:
    def meaning(k: int, element: Element) -> tuple[str, Meaning]:
        name = f"{table.name}_{k}"
        return name, Meaning(Symbol(name, Type.FLOAT, constant=True), replace(element, weak=True))

    if not table.per_element:
        slot = Slot(table.name, F64, table.size)
        entries = [meaning(k, Element(slot, At(k))) for k in range(table.size)]
        return [slot], dict(entries)
    slots = [Slot(f"{table.name}_{k}", F64, n) for k in range(table.size)]
    return slots, dict(meaning(k, Element(s, Index.OWN)) for k, s in enumerate(slots))
