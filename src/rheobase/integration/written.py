"""Methods and text: what a method does as statements, and methods that are functions to text.

A method object may be called as scripts do, `rk4(equations)`, and gives the statements of one step.
A function of Equations that gives such statements may stand wherever a method does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from rheobase.equations import Equations
from rheobase.errors import (
    Fault,
    ModelSyntaxError,
    ModelTypeError,
    Source,
    UnknownNameError,
    UnsupportedEquationsError,
    did_you_mean,
    raise_faults,
)
from rheobase.integration.system import Method, System, Updates
from rheobase.lang.functions import called_in
from rheobase.lang.nodes import Assign, Binary, Expr, Name, Number, names_in, render, substitute
from rheobase.lang.parse import parse_statements
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.records import record
from rheobase.units import second

__all__ = ["FunctionMethod", "Statements", "Written", "as_method"]

Statements: TypeAlias = Callable[..., str]


# -------------------------------------------------------------------- method to text
class Written:
    """What makes a method callable: equations in, the statements of one step out, as text."""

    def __call__(
        self: Method,
        equations: Equations,
        variables: object = None,
        method_options: Mapping[str, object] | None = None,
    ) -> str:
        """The statements of one step, one a line.

        variables   accepted for scripts that give them: names that the equations do not declare
                    count as constants
        Propagators are named, not computed: they become numbers when a run starts.
        Raises UnsupportedEquationsError if the method cannot treat the equations.
        """
        system = _system_of(equations)
        reason = self.refuses(system)
        if reason is not None:
            span = getattr(reason, "span", None)
            message = f"The method '{self.name}' cannot integrate these equations: {reason}"
            raise_faults([Fault(UnsupportedEquationsError, message, span)])
        updates = self.integrate(system, {**self.options, **(method_options or {})})
        return "\n".join(f"{s.target} = {render(s.value)}" for s in updates.statements)


def _system_of(equations: Equations) -> System:
    right = {n: equations.substituted(n) for n in equations.diff_eq_names}
    symbols = {
        name: Symbol(
            name,
            e.var_type,
            e.dim,
            shared="shared" in e.flags,
            constant="constant" in e.flags,
        )
        for name, e in equations.items()
    }
    for name in frozenset[str]().union(*map(names_in, right.values())) - symbols.keys():
        known = default_symbol(name)
        symbols[name] = known or Symbol(name, Type.FLOAT, shared=True, constant=True)
    symbols["t"] = Symbol("t", Type.FLOAT, second.dim, shared=True)
    symbols["dt"] = Symbol("dt", Type.FLOAT, second.dim, shared=True, constant=True)
    symbols["not_refractory"] = Symbol("not_refractory", Type.BOOLEAN)
    refractory = frozenset(n for n in right if "unless refractory" in equations[n].flags)
    return System(right, symbols, refractory, source=equations)


# -------------------------------------------------------------------- text to method
def as_method(function: Statements, name: str = "") -> FunctionMethod:
    """The method that a function of Equations is."""
    return FunctionMethod(name or getattr(function, "__name__", "a function"), function)


@record
class FunctionMethod:
    """A method that a function of the script writes.

    function   takes (equations, symbols, options), or the first one or two of them; returns the
               statements of one step as text, or raises UnsupportedEquationsError. What they assign
               is a state variable, or a temporary; noise they draw themselves, with randn()
    """

    name: str
    function: Statements
    options: Mapping[str, object] = field(default_factory=dict[str, object])

    def refuses(self, system: System) -> str | None:
        return None

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates:
        assert system.source is not None, "a function is given Equations"
        given: tuple[Any, ...] = (system.source, system.symbols, dict(options))
        text: Any = self.function(*given[: _arity(self.function)])
        if not isinstance(text, str):
            raise ModelTypeError(
                f"the method '{self.name}' must return statements as text, not {text!r}"
            )
        statements = parse_statements(text, Source(text, f"statements of method '{self.name}'"))
        raise_faults(_faults(statements, system))
        return Updates(_with_own_temporaries(statements, system))


def _arity(function: Statements) -> int:
    """How many of three positional arguments a function takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 3
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return min(3, len(positional))


def _faults(statements: tuple[Assign, ...], system: System) -> list[Fault]:
    faults: list[Fault] = []
    known = {*system.symbols, *system.equations, "t", "dt"}
    for statement in statements:
        for name in sorted(names_in(statement.value) - known):
            if default_symbol(name) is None:
                message = f"'{name}' is neither a name of the equations nor assigned above."
                span, hint = statement.value.span, did_you_mean(name, known)
                faults.append(Fault(UnknownNameError, message, span, hint))
        for name in sorted(called_in([statement.value]).keys() - system.functions.keys()):
            message = f"The equations do not use the function '{name}'."
            faults.append(Fault(UnknownNameError, message, statement.value.span))
        if statement.target in system.symbols and statement.target not in system.equations:
            message = f"'{statement.target}' is no state variable: a step cannot change it."
            faults.append(Fault(ModelSyntaxError, message, statement.target_span))
        known.add(statement.target)
    return faults


def _with_own_temporaries(statements: tuple[Assign, ...], system: System) -> tuple[Assign, ...]:
    """The statements with temporaries whose names no model has, and units as numbers."""
    own = {s.target: f"_own_{s.target}" for s in statements if s.target not in system.equations}
    renamed: dict[str, Expr] = {old: Name(new) for old, new in own.items()}
    for name in frozenset[str]().union(*(names_in(s.value) for s in statements)) - own.keys():
        unit = None if name in system.symbols else default_symbol(name)
        if unit is not None and unit.value is not None:
            renamed[name] = Number(unit.value)
    return tuple(
        Assign(own.get(s.target, s.target), None, substitute(_value(s), renamed))
        for s in statements
    )


def _value(s: Assign) -> Expr:
    return s.value if s.op is None else Binary(s.op, Name(s.target), s.value)
