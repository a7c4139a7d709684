"""Groups of neurons that share their equations."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from rheobase.equations import Equations, SingleEquation
from rheobase.errors import (
    FaultList,
    ModelTypeError,
    ModelValueError,
    labelled,
    raise_faults,
)
from rheobase.integration.system import Method
from rheobase.ir.dtypes import BOOL
from rheobase.ir.kernels import Elementwise, Indexed, Select
from rheobase.lang.functions import FUNCTIONS, FunctionInfo, called_in
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    names_in,
)
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Block, Result, Runner, check_result
from rheobase.model.group import new_part
from rheobase.model.namespace import find_external, find_function
from rheobase.model.spikes import EventSource, SpikeFinder
from rheobase.model.stateupdater import StateUpdater, check_equations, noise_symbols
from rheobase.model.subgroup import EventGroup
from rheobase.model.texts import read_equations, read_expression, read_statements
from rheobase.model.variables import ArrayVariable, Subexpression, symbol_of
from rheobase.units import Quantity, second

__all__ = ["NeuronGroup", "group_size"]

logger = logging.getLogger(__name__)

_NEVER = -1e4  # s: lastspike of a neuron that has not fired

_FLAGS = {
    "differential equation": ("unless refractory",),
    "parameter": ("constant", "shared"),
    "subexpression": ("shared", "constant over dt"),
}


class NeuronGroup(EventGroup):
    """N neurons that share their equations.

    N            number of neurons, >= 1
    model        equations, as text or Equations
    method       integration method: a name, or several of which the first that can is taken
    threshold    condition for a spike
    reset        statements that run for each neuron that has spiked
    refractory   how long a neuron does not spike again: a time, or an expression; an expression
                 that is true or false: refractory while it is true
    namespace    names of external constants; None: those where run() is called
    dt, clock    the group's own step

    Raises ModelError (syntax, flags, units, as far as names are known) with all faults at once.

    >>> from rheobase import NeuronGroup, ms
    >>> cells = NeuronGroup(3, 'dv/dt = -v/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> cells.v = [0.1, 0.2, 0.3]
    >>> len(cells)
    3
    """

    add_to_magic_network = True

    def __init__(
        self,
        N: int,
        model: str | Equations,
        method: str | Sequence[str] | Method = ("exact", "euler", "heun"),
        method_options: Mapping[str, object] | None = None,
        threshold: str | None = None,
        reset: str | None = None,
        refractory: Any = False,
        namespace: Mapping[str, Any] | None = None,
        dt: Any = None,
        clock: Clock | None = None,
        order: int = 0,
        name: str = "neurongroup*",
    ) -> None:
        size = group_size(N)
        super().__init__(
            name, new_part(0, size), order=order, dt=dt, clock=clock, namespace=namespace
        )
        self.equations = read_equations(model, self.label)
        with labelled(f"{self.label}, equations"):
            self.equations.check_flags(_FLAGS)
            self.equations.check_stateful(lambda f: f in FUNCTIONS and not FUNCTIONS[f].stateless)
        self.refractory_code = self._refractory_expression(refractory)
        self._add_model_variables()
        self.spike_source = EventSource(self.name, size, self.clock, "thresholds", self.order)
        self.threshold = _parse(threshold, f"{self.label}, threshold")
        self.reset = _parse_block(reset, f"{self.label}, reset")
        self._check_known()
        self._make_runners(method, method_options)
        self.seal()

    # ------------------------------------------------------------ variables
    def _refractory_expression(self, value: Any) -> Expr | None:
        if value is False or value is None:
            return None
        if isinstance(value, str):
            return read_expression(value, f"{self.label}, refractory", "v > 0*mV")
        if isinstance(value, Quantity):
            duration = seconds(value, f"{self.label}: refractory")
            self.add_array("_refractory", dim=second.dim, shared=True, constant=True, fill=duration)
            return Name("_refractory")
        raise ModelTypeError(
            f"{self.label}: refractory must be a time (5*ms), an expression as text, or False, "
            f"not {value!r}"
        )

    def _add_model_variables(self) -> None:
        not_refractory: ArrayVariable | None = None
        if self.refractory_code is not None:
            not_refractory = self.add_array("not_refractory", Type.BOOLEAN, fill=True)
            self.add_array("lastspike", dim=second.dim, fill=_NEVER)
        for equation in self.equations.values():
            self._add_equation(equation, not_refractory)

    def _add_equation(self, equation: SingleEquation, guard: ArrayVariable | None) -> None:
        shared = "shared" in equation.flags
        stored = equation.type != "subexpression" or "constant over dt" in equation.flags
        if not stored:
            assert equation.expr is not None
            self.add_variable(
                Subexpression(
                    equation.varname, equation.var_type, equation.dim, equation.expr, shared
                )
            )
            return
        self.add_array(
            equation.varname,
            equation.var_type,
            equation.dim,
            shared=shared,
            constant="constant" in equation.flags,
            read_only=equation.type == "subexpression",
            guard=guard if "unless refractory" in equation.flags else None,
        )

    # ------------------------------------------------------------ checking
    def _check_known(self) -> None:
        """What can be checked before the script's own constants are known."""
        scope: dict[str, Symbol] = {n: symbol_of(v) for n, v in self.variables.items()}
        scope |= noise_symbols(self.equations)
        codes = [e for e in (self.threshold, self.refractory_code) if e is not None]
        names = frozenset[str]().union(*map(names_in, [*self.equations.expressions(), *codes]))
        for name in names - set(scope):
            symbol = default_symbol(name) or find_external(name, self.namespace, {})
            if isinstance(symbol, Symbol):
                scope[name] = symbol
        faults = FaultList()
        functions = self._known_functions([*self.equations.expressions(), *codes])
        check_equations(self.equations, scope, faults, functions)
        threshold = self.threshold
        if threshold is not None and names_in(threshold) <= set(scope):
            result = Result(threshold, None, BOOL, "the threshold")
            if called_in([threshold]).keys() <= functions.keys():
                check_result(result, scope, faults, functions)
        raise_faults(faults.faults, f"{self.label}, equations")

    def _known_functions(self, codes: Sequence[Expr]) -> dict[str, FunctionInfo]:
        """Default functions, and those of the group's own namespace."""
        found = {n: find_function(n, self.namespace, {}) for n in called_in(codes)}
        own = {n: f for n, f in found.items() if isinstance(f, FunctionInfo)}
        return {**FUNCTIONS, **own}

    # ------------------------------------------------------------ what runs
    def _make_runners(
        self,
        method: str | Sequence[str] | Method,
        options: Mapping[str, object] | None,
    ) -> None:
        refractory = frozenset(
            e.varname for e in self.equations.values() if "unless refractory" in e.flags
        )
        if refractory and self.refractory_code is None:
            refractory = frozenset[str]()  # nothing ever makes a neuron refractory
        self.state_updater = StateUpdater(
            self, self.equations, self._refractory_update(), refractory, method, options
        )
        self.contained_objects.append(self.state_updater)
        self._add_constant_subexpressions()
        if self.threshold is not None:
            self.thresholder = SpikeFinder(
                self,
                self.spike_source,
                self._threshold_blocks,
                f"{self.name}_spike_thresholder",
            )
            self.contained_objects.append(self.thresholder)
        if self.reset:
            self.resetter = self._runner("spike_resetter", self._reset_blocks, "resets")
        if self.threshold is not None and not self.reset and self.refractory_code is None:
            logger.warning(
                "%s has a threshold, but neither reset nor refractory: it spikes in every step "
                "in which the threshold holds",
                self.label,
            )

    def _runner(self, name: str, blocks: Any, when: str) -> Runner:
        runner = Runner(
            self, f"{self.name}_{name}", blocks, when=when, order=self.order, clock=self.clock
        )
        self.contained_objects.append(runner)
        return runner

    def _add_constant_subexpressions(self) -> None:
        fixed = [e for e in self.equations.values() if "constant over dt" in e.flags]
        if not fixed:
            return
        statements = tuple(Assign(e.varname, None, e.expr) for e in fixed if e.expr is not None)
        block = Block(
            f"{self.name} subexpressions", Elementwise(self.part), statements, checked=True
        )
        self._runner("subexpression_update", lambda: (block,), "before_start")

    def _refractory_update(self) -> tuple[Assign, ...]:
        """The statement that decides, before a step, whether each neuron is refractory."""
        code = self.refractory_code
        if code is None:
            return ()
        if self._refractory_is_boolean(code):
            value: Expr = Logic("or", (Name("not_refractory"), Not(code)))
        else:
            # timestep(t - lastspike, dt) >= timestep(code, dt), without a division per neuron:
            # timestep adds a thousandth of a step, which takes the rounding of t - lastspike
            since = Binary("-", Name("t"), Name("lastspike"))
            slack = Binary("*", Number(1e-3), Name("dt"))
            steps = Call("timestep", (code, Name("dt")))
            value = Compare(">=", Binary("+", since, slack), Binary("*", steps, Name("dt")))
        return (Assign("not_refractory", None, value),)

    def _refractory_is_boolean(self, code: Expr) -> bool:
        if isinstance(code, (Compare, Logic, Not)):
            return True
        if isinstance(code, Name) and code.id in self.variables:
            return self.variables[code.id].type is Type.BOOLEAN
        return isinstance(code, Number) and isinstance(code.value, bool)

    def _threshold_blocks(self) -> Sequence[Block]:
        """Find the neurons that spike, and make them refractory."""
        condition = self.threshold
        assert condition is not None
        if self.refractory_code is not None:
            condition = Logic("and", (condition, Name("not_refractory")))
        current = self.spike_source.current
        found = Block(
            f"{self.name} threshold",
            Select(self.part, current),
            results=(Result(condition, None, BOOL, "the threshold"),),
        )
        if self.refractory_code is None:
            return (found,)
        marks = (
            Assign("lastspike", None, Name("t")),
            Assign("not_refractory", None, Number(False)),
        )
        return found, Block(f"{self.name} refractory", Indexed(current, self.part), marks)

    def _reset_blocks(self) -> Sequence[Block]:
        domain = Indexed(self.spike_source.current, self.part)
        return (Block(f"{self.name} reset", domain, self.reset, scatters=True),)


def group_size(n: Any) -> int:
    """A number of neurons: whole and positive (ModelTypeError, ModelValueError)."""
    try:
        size = int(n)
    except (TypeError, ValueError):
        raise ModelTypeError(
            f"the number of neurons must be a whole number, not {n!r}; "
            "NeuronGroup(N, equations, ...)"
        ) from None
    if size != n:
        raise ModelValueError(f"the number of neurons must be a whole number, not {n!r}")
    if size < 1:
        raise ModelValueError(f"a group has at least one neuron, not {n}")
    return size


def _parse(code: str | None, label: str) -> Expr | None:
    return None if code is None else read_expression(code, label, "v > -50*mV")


def _parse_block(code: str | None, label: str) -> tuple[Assign, ...]:
    return () if code is None else read_statements(code, label, "v = -70*mV")
