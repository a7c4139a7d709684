"""Runs the statements of a step as they stand, in NumPy: a method without a backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from rheobase.equations import Equations
from rheobase.integration import Method, System, Updates, choose, find_method
from rheobase.lang.fold import evaluate
from rheobase.lang.nodes import Call, Expr, Name, transform
from rheobase.lang.symbols import Symbol, Type


def make_system(
    text: str,
    constants: Iterable[str] = (),
    per_element: Iterable[str] = (),
    changing: Iterable[str] = (),
) -> System:
    """The system of an equation text; what the right-hand sides use is declared by kind.

    constants     one constant for all elements
    per_element   a constant parameter for each element
    changing      a parameter for each element that may change
    """
    equations = Equations(text)
    symbols = {n: Symbol(n, Type.FLOAT, equations[n].dim) for n in equations.diff_eq_names}
    for name in constants:
        symbols[name] = Symbol(name, Type.FLOAT, shared=True, constant=True)
    for name in per_element:
        symbols[name] = Symbol(name, Type.FLOAT, constant=True)
    for name in changing:
        symbols[name] = Symbol(name, Type.FLOAT)
    symbols["t"] = Symbol("t", Type.FLOAT, shared=True)
    symbols["dt"] = Symbol("dt", Type.FLOAT, shared=True, constant=True)
    symbols["not_refractory"] = Symbol("not_refractory", Type.BOOLEAN)
    for name in equations.stochastic_variables:
        symbols[name] = Symbol(name, Type.FLOAT)
    refractory = frozenset(
        n for n in equations.diff_eq_names if "unless refractory" in equations[n].flags
    )
    right = {n: equations.substituted(n) for n in equations.diff_eq_names}
    return System(right, symbols, refractory)


class Stepper:
    """State of a system, advanced by the updates of a method.

    values   name -> number or (N,) of everything: state, parameters, constants
    noise    gives the next standard normal numbers
    """

    def __init__(
        self,
        system: System,
        method: str | Method,
        dt: float,
        values: Mapping[str, Any],
        noise: Callable[[], Any] | None = None,
        not_refractory: Any = True,
    ) -> None:
        self.system = system
        # without a backend there are no loops: methods that choose their step take one of dt
        fixed = "adaptable_timestep" in find_method(method).options
        options = {"adaptable_timestep": False} if fixed else {}
        self.method, self.updates, _ = choose(system, method, options)
        self.noise = noise
        self.values: dict[str, Any] = {
            **values,
            "dt": dt,
            "t": 0.0,
            "not_refractory": np.asarray(not_refractory),
        }
        self.fill_tables()

    def fill_tables(self) -> None:
        for table in self.updates.tables:
            numbers = table.compute(lambda expr: np.asarray(evaluate(expr, self.values)))
            assert numbers.shape[0] == table.size
            assert numbers.ndim == 1 + table.per_element
            self.values.update({f"{table.name}_{k}": row for k, row in enumerate(numbers)})

    def step(self, n: int = 1) -> None:
        v = self.values
        for _ in range(n):
            for statement in self.updates.statements:
                v[statement.target] = evaluate(self._drawn(statement.value), v)
            v["t"] = v["t"] + v["dt"]

    def _drawn(self, expr: Expr) -> Expr:
        def rule(node: Expr) -> Expr | None:
            if node != Call("randn", ()):
                return None
            assert self.noise is not None
            self.values["_drawn"] = self.noise()
            return Name("_drawn")

        return transform(expr, rule)

    def state(self) -> dict[str, Any]:
        return {name: self.values[name] for name in self.system.equations}


def targets(updates: Updates) -> list[str]:
    return [s.target for s in updates.statements]
