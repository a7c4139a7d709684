"""Equations of synapses that are advanced only when an event arrives.

Between two events of a synapse nothing looks at such a variable, so it is brought up to date in one
step of t - lastupdate: by the formula of its linear equation, or by the matrix exponential where
several variables drive each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rheobase.equations import Equations, SingleEquation
from rheobase.errors import EquationError, Fault, UnsupportedEquationsError, raise_faults
from rheobase.integration.exact import EXACT
from rheobase.integration.system import System
from rheobase.integration.terms import is_zero
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import Assign, Binary, Expr, Name, names_in
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.sharedhistory import SharedCoefficients
from rheobase.units import second

__all__ = ["check_dependencies", "decaying", "event_driven", "event_driven_update", "right_sides"]

_ELAPSED = Binary("-", Name("t"), Name("lastupdate"))


def event_driven(equations: Equations) -> list[SingleEquation]:
    """The differential equations with the flag."""
    return [e for e in equations.values() if "event-driven" in e.flags]


def right_sides(equations: Equations) -> dict[str, Expr]:
    """The event-driven equations: the right-hand side of each variable."""
    return {e.varname: equations.substituted(e.varname) for e in event_driven(equations)}


def decaying(equations: Equations, names: Collection[str]) -> dict[str, Expr]:
    """The rate of each variable among the names that follows dx/dt = rate * x and that no other
    event-driven variable depends on."""
    sides = right_sides(equations)
    found: dict[str, Expr] = {}
    for x, expr in sides.items():
        others = frozenset[str]().union(*(names_in(e) for y, e in sides.items() if y != x))
        row = linear_coefficients(expr, [x])
        if x in names and row is not None and is_zero(row[1]) and x not in others:
            found[x] = row[0][x]
    return found


def event_driven_update(
    equations: Equations,
    label: str,
    shared: SharedCoefficients | None = None,
    without: Collection[str] = (),
) -> tuple[Assign, ...]:
    """Statements that bring the event-driven variables from lastupdate to t.

    shared   those whose coefficients change, which are brought up to date otherwise
    without  others that are
    Raises UnsupportedEquationsError for equations that are not linear.
    """
    moving = frozenset(without) | (frozenset[str]() if shared is None else shared.moving)
    system_equations = {x: e for x, e in right_sides(equations).items() if x not in moving}
    if not system_equations:
        return ()
    names = frozenset[str]().union(*map(names_in, system_equations.values()))
    symbols = {n: Symbol(n, Type.FLOAT) for n in names | system_equations.keys()}
    symbols["dt"] = Symbol("dt", Type.FLOAT, second.dim)
    system = System(system_equations, symbols)
    statements = EXACT.over(system, _ELAPSED)
    if isinstance(statements, str):
        refusal = statements
        place = getattr(refusal, "span", None) or event_driven(equations)[0].name_span
        hint = "Use (clock-driven) for equations that are not linear."
        if place.text in ("t", "t_in_timesteps"):
            hint = (
                "Name what depends on it as a subexpression with the flags (shared, constant over "
                "dt), or use (clock-driven)."
            )
        fault = Fault(
            UnsupportedEquationsError,
            f"The event-driven equations cannot be solved between events: {refusal}",
            place,
            hint,
        )
        raise_faults([fault], f"{label}, equations")
        raise AssertionError
    otherwise = () if shared is None else shared.pattern.states
    return tuple(s for s in statements if s.target not in otherwise)


def check_dependencies(equations: Equations, label: str) -> None:
    """Raise EquationError where something that is computed in each step reads a variable that is
    only right when an event arrives, or the reverse."""
    driven = {e.varname for e in event_driven(equations)}
    if not driven:
        return
    clocked = {n for n in equations.diff_eq_names if n not in driven}
    faults: list[Fault] = []
    for e in equations.values():
        if e.expr is None:
            continue
        if e.varname in driven:
            bad, why = clocked, "changes in each step"
            what = "event-driven"
        elif "summed" in e.flags or e.varname in clocked:
            bad, why = driven, "is event-driven: it is up to date only when an event arrives"
            what = "computed in each step"
        else:
            continue
        for path in _paths(e.varname, equations):
            if path[-1] in bad:
                through = "".join(f" through '{n}'" for n in path[1:-1])
                text = (
                    f"'{e.varname}' is {what}, but depends{through} on '{path[-1]}', which {why}."
                )
                hint = "Give both the same flag."
                faults.append(Fault(EquationError, text, e.name_span, hint))
    raise_faults(faults, f"{label}, equations")


def _paths(name: str, equations: Equations) -> list[tuple[str, ...]]:
    """The names that an equation reaches, each with the subexpressions on the way."""
    found: list[tuple[str, ...]] = []
    pending: list[tuple[str, ...]] = [(name,)]
    while pending:
        path = pending.pop()
        for used in sorted(equations[path[-1]].identifiers - {name}):
            found.append((*path, used))
            if used in equations and equations[used].is_replaced:
                pending.append((*path, used))
    return found


def with_update(
    statements: tuple[Assign, ...], update: tuple[Assign, ...], variables: Mapping[str, object]
) -> tuple[Assign, ...]:
    """The code of a pathway, after the event-driven variables are brought up to date."""
    if not update:
        return statements
    assert "lastupdate" in variables
    return (*update, *statements, Assign("lastupdate", None, Name("t")))
