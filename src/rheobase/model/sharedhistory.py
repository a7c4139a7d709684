"""Event-driven equations with coefficients that change from step to step, for all synapses alike.

Where the coefficients of an event-driven equation stand still, the time since the last event is all
that its solution needs. Where they change - a TimedArray, a shared variable that code sets - it
needs what they were in the meantime. In each step the coefficients are evaluated once for all
synapses, and the propagator of the step is kept (integration/history); an event brings its synapses
up to date by a product of few of them. The history has an end: when it is full, and when a run
ends, all synapses are brought up to date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, UnsupportedEquationsError, raise_faults
from rheobase.integration.history import STEPS, Pattern, Products
from rheobase.integration.terms import is_zero
from rheobase.ir.builder import Element
from rheobase.ir.domains import Elementwise, Index, Python
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.nodes import Assign, Call, Expr, Name, names_in, walk
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.base import Work
from rheobase.model.code import Block, Runner, run_works
from rheobase.model.grids import holds_during_steps
from rheobase.model.group import new_part
from rheobase.model.lookups import Lookups
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.variables import Meaning, Variable
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["SharedCoefficients", "SharedHistory", "shared_coefficients"]


@record
class SharedCoefficients:
    """A linear system whose coefficients change, for all synapses alike.

    rates    the coefficients, in the order of pattern.rates
    moving   the variables that depend on those that change; the others are what they reach
    """

    pattern: Pattern
    rates: tuple[Expr, ...]
    moving: frozenset[str]


def shared_coefficients(
    synapses: SynapticGroup, equations: Mapping[str, Expr]
) -> SharedCoefficients | None:
    """Those of the event-driven equations that need a history; None if none does.

    Raises UnsupportedEquationsError for coefficients that change for each synapse by itself.
    """
    rows: dict[str, tuple[dict[str, Expr], Expr]] = {}
    for x, expr in equations.items():
        row = linear_coefficients(expr, equations)
        if row is None:
            return None  # refused elsewhere
        rows[x] = row
    reached = {x: _closure(x, rows) for x in rows}
    moving = {x for x in rows if any(_moving(synapses, equations[y]) for y in reached[x])}
    if not moving:
        return None
    states = tuple(x for x in rows if any(x in reached[y] for y in moving))
    faults: list[Fault] = []
    rates: dict[tuple[str, str], Expr] = {}
    for x in states:
        factors, rest = rows[x]
        found, constant = _split(synapses, rest)
        row = {**factors, **found, "": constant}
        rates |= {(x, y): rate for y, rate in row.items() if not is_zero(rate)}
        faults += _faults(synapses, x, equations[x], list(row.values()))
    raise_faults(faults, f"{synapses._label}, equations")
    still = dict.fromkeys(y for _, y in rates if y and y not in states)
    pattern = Pattern(states, tuple(still), tuple(rates))
    return SharedCoefficients(pattern, tuple(rates.values()), frozenset(moving))


def _closure(name: str, rows: Mapping[str, tuple[dict[str, Expr], Expr]]) -> set[str]:
    """The variable, and all that it depends on."""
    found, waiting = {name}, [name]
    while waiting:
        factors = rows[waiting.pop()][0]
        new = {y for y, factor in factors.items() if not is_zero(factor)} - found
        found |= new
        waiting += new
    return found


def _split(synapses: SynapticGroup, rest: Expr) -> tuple[dict[str, Expr], Expr]:
    """What is added, as factors of what each synapse has of its own, and what is left."""
    own = [n for n in sorted(names_in(rest)) if _is_of_each(_variable(synapses, n))]
    return linear_coefficients(rest, own) or ({}, rest)


def _variable(synapses: SynapticGroup, name: str) -> Variable | None:
    if name in synapses.variables:
        return synapses.variables[name]
    if name.endswith("_pre"):
        return synapses.source.variables.get(name.removesuffix("_pre"))
    return synapses.target.variables.get(name.removesuffix("_post"))


def _is_of_each(variable: Variable | None) -> bool:
    return variable is not None and not variable.shared


def _calls_of_time(expr: Expr) -> list[Call]:
    """f(t, ...) of functions that are no mathematics: those of a TimedArray, perhaps."""
    calls = [n for n in walk(expr) if isinstance(n, Call) and n.function not in FUNCTIONS]
    return [c for c in calls if Name("t") in c.args]


def _moving(synapses: SynapticGroup, expr: Expr) -> list[Expr]:
    """What changes from step to step, for all synapses alike or for each."""
    found: list[Expr] = list(_calls_of_time(expr))
    for node in walk(expr):
        if not isinstance(node, Name) or node.id in ("t", "t_in_timesteps"):
            continue
        variable = _variable(synapses, node.id)
        if variable is None or variable.constant:
            continue
        if variable.shared or _is_computed(synapses, node.id):
            found.append(node)
    return found


def _is_computed(synapses: SynapticGroup, name: str) -> bool:
    """Whether a variable of the synapses is a subexpression 'constant over dt'."""
    variable = synapses.variables.get(name)
    return variable is not None and variable.read_only and name not in ("i", "j")


def _faults(
    synapses: SynapticGroup, name: str, expr: Expr, coefficients: Sequence[Expr]
) -> list[Fault]:
    """Coefficients that each synapse has of its own, in a system whose coefficients change."""
    faults: list[Fault] = []
    moving = _moving(synapses, expr)
    for node in (n for c in coefficients for n in walk(c)):
        if not isinstance(node, Name) or not _is_of_each(_variable(synapses, node.id)):
            continue
        others = [m for m in moving if m != node]
        what = f"'{others[0]}' changes in time" if others else "coefficients change in time"
        message = (
            f"'{name}' cannot be event-driven: {what}, and '{node.id}' differs between synapses, "
            "so that no history is the same for all."
        )
        hint = f"Make '{node.id}' (shared) or a constant, or the equation (clock-driven)."
        faults.append(Fault(UnsupportedEquationsError, message, node.span, hint))
    return faults[:1]


class SharedHistory(Runner):
    """Keeps the propagators of each step, for event-driven equations with shared coefficients.

    In synapses, `_updated` is the step of the history to which each is up to date, and `_now` the
    present one.
    """

    def __init__(self, synapses: SynapticGroup, system: SharedCoefficients) -> None:
        super().__init__(
            synapses,
            f"{synapses.name}_history",
            self._make_blocks,
            when="groups",
            order=synapses.order,
            clock=synapses.clock,
        )
        self.synapses = synapses
        self.system = system
        pattern = system.pattern
        self._updated = synapses._add_array("_updated", Type.INTEGER, dtype=I32).slot
        self._now = synapses._add_array("_now", Type.INTEGER, shared=True, dtype=I64).slot
        self._table = Slot("propagators", F64, len(pattern.entries) * 2 * STEPS)
        self._rates = [Slot("rate", F64) for _ in system.rates]
        self._length = Slot("steps in the history", I64)
        self._dt = Slot("dt of the history", F64)
        self._products: Products | None = None
        self._last: tuple[list[float], NDArray[np.float64]] | None = None
        self._remember = Work(Kernel(f"{self.name} remember", Python()), self._append)
        self._catch_up: Sequence[Work] = ()
        self.functions = self._make_functions()

    # ------------------------------------------------------------ names in code
    def _make_functions(self) -> dict[str, FunctionInfo]:
        """_h0(b), _h1(b), ...: the entries of the propagator number b."""
        table = FunctionInfo(
            "_table", ("k",), (DIMENSIONLESS,), DIMENSIONLESS, Type.FLOAT, op="load_at",
            data={"table": self._table},
        )  # fmt: skip
        functions = {**FUNCTIONS, "_table": table}
        made: dict[str, FunctionInfo] = {}
        for k, (x, y) in enumerate(self.system.pattern.entries):
            dim = self._dim(x) / self._dim(y) if y else self._dim(x)
            expansion = parse_expression(f"_table(b + {k * 2 * STEPS})")
            made[f"_h{k}"] = FunctionInfo(
                f"_h{k}", ("b",), (DIMENSIONLESS,), dim, Type.FLOAT,
                expansion=expansion, functions=functions,
            )  # fmt: skip
        return made

    def _dim(self, name: str) -> Dimension:
        variable = _variable(self.synapses, name)
        assert variable is not None
        return variable.dim

    def at_event(self) -> tuple[Assign, ...]:
        """Statements that bring a synapse up to date."""
        return (*self.system.pattern.statements(), Assign("_updated", None, Name("_now")))

    def _make_blocks(self) -> Sequence[Block]:
        symbol = Symbol("_rate", Type.FLOAT)
        local = {
            f"_rate{k}": Meaning(symbol, Element(slot, Index.SHARED))
            for k, slot in enumerate(self._rates)
        }
        rates = tuple(Assign(f"_rate{k}", None, rate) for k, rate in enumerate(self.system.rates))
        domain = Elementwise(new_part(0, 1))
        return (Block("shared coefficients", domain, rates, local=local, any_unit=True),)

    # ------------------------------------------------------------ running
    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        self._check_functions(namespace)
        super()._prepare(namespace)
        block = Block("bring up to date", self.synapses._domain(), self.at_event(), scatters=True)
        block = self.synapses._guarded(block, self.clock)
        self._catch_up = self._works_of(1, block, Lookups(namespace))
        table = self._table.data.reshape(-1, 2 * STEPS)
        self._products = Products(self.system.pattern, table)
        if self._dt.data[0] != self.clock.dt_:
            self._begin_anew()

    def _check_functions(self, namespace: Mapping[str, Any]) -> None:
        faults: list[Fault] = []
        dt = self.clock.dt_
        for call in (c for rate in self.system.rates for c in _calls_of_time(rate)):
            found = self.synapses._function(call.function, namespace)
            if not isinstance(found, FunctionInfo):
                continue
            if found.grid is None or not holds_during_steps(found.grid(), dt):
                message = f"'{call}' is not constant during a step, so no step has a propagator."
                hint = (
                    "Name it as a subexpression with the flags (shared, constant over dt), or "
                    "make the equation (clock-driven)."
                )
                faults.append(Fault(UnsupportedEquationsError, message, call.span, hint))
        raise_faults(faults, f"{self.synapses._label}, equations")

    def _work(self) -> Sequence[Work]:
        return [*super()._work(), self._remember]

    def _append(self) -> None:
        """Keep the propagator of the present step."""
        assert self._products is not None
        if self._length.data[0] == STEPS - 1:
            self._begin_anew()
        rates = [float(slot.data[0]) for slot in self._rates]
        if self._last is None or self._last[0] != rates:
            self._last = rates, self.system.pattern.propagator(rates, self.clock.dt_)
        step = int(self._length.data[0])
        self._products.append(step, self._last[1])
        self._now.data[0], self._length.data[0] = step, step + 1

    def _bring_up_to_date(self) -> None:
        """All synapses, to the end of the history."""
        self._now.data[0] = self._length.data[0]
        if self._length.data[0] and self.synapses._part.size.data[0]:
            run_works(self._catch_up)

    def _begin_anew(self) -> None:
        self._bring_up_to_date()
        self._updated.data[:] = 0
        self._now.data[0] = self._length.data[0] = 0
        self._dt.data[0], self._last = self.clock.dt_, None

    def after_run(self) -> None:
        self._bring_up_to_date()

    def _restored(self) -> None:
        super()._restored()
        self._last = None

    def born(self, entries: NDArray[np.int64]) -> None:
        """The synapses at some entries are new: there is nothing before them."""
        self._updated.data[entries] = self._length.data[0]
