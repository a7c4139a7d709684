"""Do the units of equations fit, once it is known what their names mean?"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, Final, Protocol

from rheobase.equations.single import SingleEquation
from rheobase.errors import (
    Fault,
    FaultList,
    ModelSyntaxError,
    Span,
    UnknownNameError,
    raise_faults,
)
from rheobase.lang.check import check_expression
from rheobase.lang.functions import FUNCTIONS, FunctionInfo, called_in
from rheobase.lang.nodes import Expr, Name, names_in, walk
from rheobase.lang.symbols import Kind, Symbol, Type
from rheobase.units import second

__all__ = [
    "NameGiver",
    "check_equations",
    "check_shared",
    "check_units_in",
    "noise_symbols",
    "unknown_in",
]

_NOISE: Final = second.dim**-0.5


class NameGiver(Protocol):
    """An object that knows what names mean in its code: a group."""

    @property
    def _label(self) -> str: ...

    def _meaning(self, name: str, namespace: Mapping[str, Any]) -> Any:
        """Something with a `symbol`, or faults, or None."""
        ...

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        """What a called name means."""
        ...


def noise_symbols(equations: Mapping[str, SingleEquation]) -> dict[str, Symbol]:
    """What is white noise, and known to equations alone: xi, xi_*, and subexpressions of them.

    Unit second**-0.5; one for all where only shared variables have it.
    """
    found: dict[str, Symbol] = {}
    for eq in equations.values():
        for name in eq.stochastic_variables:
            shared = "shared" in eq.flags and (name not in found or found[name].shared)
            found[name] = Symbol(name, Type.FLOAT, _NOISE, shared)
    return found | _noisy_subexpressions(equations, set(found))


def _noisy_subexpressions(
    equations: Mapping[str, SingleEquation], noise: set[str]
) -> dict[str, Symbol]:
    found: dict[str, Symbol] = {}
    for _ in equations if noise else ():  # as often as one may be made of another
        for name, eq in equations.items():
            if eq.is_replaced and eq.identifiers & {*noise, *found}:
                found[name] = Symbol(name, eq.var_type, eq.dim, "shared" in eq.flags)
    return found


def check_equations(
    equations: Mapping[str, SingleEquation],
    scope: Mapping[str, Symbol],
    faults: FaultList,
    functions: Mapping[str, FunctionInfo] = FUNCTIONS,
) -> None:
    """Types and dimensions of every equation, as far as its names and functions are known."""
    for equation in equations.values():
        if equation.expr is None:
            continue
        unknown = unknown_in([equation.expr], scope, functions)
        rate = equation.type == "differential equation"
        dim = equation.dim / second.dim if rate else equation.dim
        what = f"d{equation.varname}/dt" if rate else f"'{equation.varname}'"
        kind = check_expression(equation.expr, scope, dim, faults, what, functions, unknown)
        if kind is None or "shared" not in equation.flags:
            continue
        if kind.shared and _is_used_once(kind, equation):
            continue
        faults.faults.append(_not_shared(equation, "this", equation.expr.span))


def check_shared(
    equations: Mapping[str, SingleEquation], differing: Container[str], label: str
) -> None:
    """Raise ModelSyntaxError for shared equations of variables that are not.

    differing   names of variables that have a value for each element
    """
    faults = [
        _not_shared(equation, f"'{node.id}'", node.span)
        for equation in equations.values()
        if equation.expr is not None and "shared" in equation.flags
        for node in walk(equation.expr)
        if isinstance(node, Name) and node.id in differing
    ]
    raise_faults(faults, label)


def _not_shared(equation: SingleEquation, what: str, span: Span | None) -> Fault:
    message = (
        f"'{equation.varname}' is shared: it has one value for all elements, but {what} "
        "differs between them."
    )
    hint = "Leave out the flag (shared), or use shared variables only."
    return Fault(ModelSyntaxError, message, span, hint)


def unknown_in(
    expressions: Iterable[Expr], scope: Container[str], functions: Container[str]
) -> set[str]:
    """The names and functions of expressions that mean nothing yet."""
    expressions = list(expressions)
    names = frozenset[str]().union(*map(names_in, expressions))
    calls = called_in(expressions)
    return {n for n in names if n not in scope} | {f for f in calls if f not in functions}


def _is_used_once(kind: Kind, equation: SingleEquation) -> bool:
    """Whether an expression is evaluated once a step, or would give the same again."""
    if kind.stateless or equation.type != "subexpression":
        return True
    return "constant over dt" in equation.flags


def check_units_in(
    equations: Mapping[str, SingleEquation], group: NameGiver, namespace: Mapping[str, Any]
) -> None:
    """Check equations with the names of a group and of a namespace; see Equations.check_units."""
    faults = FaultList()
    scope = noise_symbols(equations)
    functions = dict(FUNCTIONS)
    expressions = [eq.expr for eq in equations.values() if eq.expr is not None]
    nodes = {n.id: n for expr in expressions for n in walk(expr) if isinstance(n, Name)}
    for name, node in nodes.items():
        found = None if name in scope else group._meaning(name, namespace)
        symbol = getattr(found, "symbol", None)
        if isinstance(symbol, Symbol):
            scope[name] = symbol
        elif name not in scope:
            message = f"'{name}' is unknown to {group._label} and to the namespace."
            faults.add(UnknownNameError, message, node.span)
    for name in called_in(expressions):
        called = group._function(name, namespace)
        if isinstance(called, FunctionInfo):
            functions[name] = called
    check_equations(equations, scope, faults, functions)
    raise_faults(faults.faults, f"{group._label}, equations")
