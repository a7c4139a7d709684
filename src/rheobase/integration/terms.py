"""Building expressions and statements of a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rheobase.equations.single import is_noise
from rheobase.errors import Span
from rheobase.integration.system import System
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import (
    NOWHERE,
    Assign,
    Binary,
    Call,
    Conditional,
    Expr,
    Name,
    Number,
    children,
    names_in,
    walk,
)

__all__ = [
    "DT",
    "NOT_REFRACTORY",
    "TIME",
    "ZERO",
    "Refusal",
    "divided",
    "exponential_step",
    "held",
    "is_zero",
    "noise_refusal",
    "nonlinear_part",
    "product",
    "separated_noise",
    "simultaneous",
    "total",
]

DT: Final = Name("dt")
TIME: Final = Name("t")
NOT_REFRACTORY: Final = Name("not_refractory")
ZERO: Final = Number(0.0)


class Refusal(str):
    """Why a method cannot treat a system: a sentence, where the term in the way stands, and what
    to change in the model, if anything; which methods can, `choose` finds out."""

    span: Span
    hint: str

    def __new__(cls, message: str, span: Span = NOWHERE, hint: str = "") -> Refusal:
        made = super().__new__(cls, message)
        made.span = span
        made.hint = hint
        return made


def noise_refusal(name: str, expr: Expr) -> Refusal | None:
    """Why a method without noise cannot treat dname/dt = expr, or None."""
    noise = next((n for n in walk(expr) if isinstance(n, Name) and is_noise(n.id)), None)
    if noise is None:
        return None
    return Refusal(
        f"'{noise.id}' in the equation for '{name}' is noise, and this method is for equations "
        "without noise.",
        noise.span,
    )


def is_zero(expr: Expr) -> bool:
    return isinstance(expr, Number) and expr.value == 0


def _is_one(expr: Expr) -> bool:
    return isinstance(expr, Number) and expr.value == 1


def product(*factors: Expr) -> Expr:
    """The factors multiplied, left to right; ones are left out, a zero makes the whole zero."""
    if any(is_zero(f) for f in factors):
        return ZERO
    rest = [f for f in factors if not _is_one(f)]
    if not rest:
        return Number(1.0)
    result = rest[0]
    for factor in rest[1:]:
        result = Binary("*", result, factor)
    return result


def total(terms: Iterable[Expr]) -> Expr:
    """The terms added, left to right; zeros are left out."""
    result: Expr | None = None
    for term in terms:
        if not is_zero(term):
            result = term if result is None else Binary("+", result, term)
    return ZERO if result is None else result


def divided(a: Expr, b: Expr) -> Expr:
    return a if _is_one(b) else Binary("/", a, b)


def held(name: str, system: System, active: Expr, otherwise: Expr) -> Expr:
    """`active`, or for a variable 'unless refractory' what it is while that holds still."""
    if name not in system.refractory or active == otherwise:
        return active
    return Conditional(NOT_REFRACTORY, active, otherwise)


def exponential_step(variable: Expr, a: Expr, b: Expr) -> Expr:
    """The solution of dx/dt = a*x + b after dt, for a and b that hold still.

    x*exp(a*dt) without b, x + (a*x + b)*dt*exprel(a*dt) with it: one transcendental function,
    and nothing singular at a = 0.
    """
    if is_zero(a):
        return total((variable, product(DT, b)))
    exponent = product(a, DT)
    if is_zero(b):
        return product(variable, Call("exp", (exponent,)))
    slope = total((product(a, variable), b))
    return total((variable, product(slope, DT, Call("exprel", (exponent,)))))


def simultaneous(new: Mapping[str, Expr]) -> tuple[Assign, ...]:
    """Assign all new values as if at once: every expression sees the old values of all variables.

    A variable is assigned as soon as nobody else still needs its old value; where variables need
    each other's, one waits in a temporary.
    """
    waiting = {name: names_in(expr) for name, expr in new.items()}
    assigned: list[Assign] = []
    last: list[Assign] = []
    while waiting:
        free = [n for n in waiting if not any(n in uses for m, uses in waiting.items() if m != n)]
        if free:
            for name in free:
                assigned.append(Assign(name, None, new[name]))
        else:
            name = next(iter(waiting))
            free = [name]
            assigned.append(Assign(f"_new_{name}", None, new[name]))
            last.append(Assign(name, None, Name(f"_new_{name}")))
        for name in free:
            del waiting[name]
    return (*assigned, *last)


def separated_noise(expr: Expr) -> tuple[Expr, dict[str, Expr]] | Refusal:
    """(f, {xi: g}) with expr = f + sum of g*xi, or why it has not this form."""
    noise = sorted(filter(is_noise, names_in(expr)))
    if not noise:
        return expr, {}
    parts = linear_coefficients(expr, noise)
    if parts is None:
        culprit = nonlinear_part(expr, noise)
        return Refusal(
            f"the noise in '{culprit.span.text}' is not a factor of a term.",
            culprit.span,
            "Noise enters as f(x) + g(x)*xi.",
        )
    factors, rest = parts
    return rest, {name: factors[name] for name in noise if not is_zero(factors.get(name, ZERO))}


def nonlinear_part(expr: Expr, names: Iterable[str]) -> Expr:
    """The smallest part of an expression that is not linear in the names."""
    wanted = frozenset(names)
    while True:
        for child in children(expr):
            if names_in(child) & wanted and linear_coefficients(child, wanted) is None:
                expr = child
                break
        else:
            return expr
