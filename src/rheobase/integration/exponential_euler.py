"""Exponential Euler: each equation linear in its own variable, all else held over the step.

dx/dt = a*x + b has the solution x*exp(a*dt) + b*dt*exprel(a*dt). Order 1; stable for fast decay.
The coefficients a and b are those of the step's beginning. So they may depend on x as well, within
functions, conditions, exponents and divisors: in -g*m_inf(v)*(v - E), the rate is -g*m_inf(v).
A product or a power of x itself is refused: it does not say which of its factors is to be held.
Source: MacGregor 1987, Neural and Brain Modeling; Moore & Ramon 1974, J. Theor. Biol. 45:249-273.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

from rheobase.integration.system import System, Updates
from rheobase.integration.terms import (
    Refusal,
    exponential_step,
    held,
    is_zero,
    noise_refusal,
    nonlinear_part,
    simultaneous,
)
from rheobase.integration.written import Written
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import (
    Binary,
    Call,
    Compare,
    Expr,
    Logic,
    Name,
    Not,
    names_in,
    substitute,
    transform,
)
from rheobase.records import record

__all__ = ["EXPONENTIAL_EULER", "ExponentialEuler"]


@record
class ExponentialEuler(Written):
    """The method 'exponential_euler', of order 1."""

    name: str = "exponential_euler"
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    order: int = 1

    def refuses(self, system: System) -> Refusal | None:
        for name, expr in system.equations.items():
            parts = _parts(name, expr)
            if isinstance(parts, Refusal):
                return parts
        return None

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates:
        new: dict[str, Expr] = {}
        for name, expr in system.equations.items():
            parts = _parts(name, expr)
            if isinstance(parts, Refusal):
                raise ValueError(parts)
            new[name] = held(name, system, exponential_step(Name(name), *parts), Name(name))
        return Updates(simultaneous(new))


EXPONENTIAL_EULER: Final = ExponentialEuler()


def _parts(name: str, expr: Expr) -> tuple[Expr, Expr] | Refusal:
    noise = noise_refusal(name, expr)
    if noise is not None:
        return noise
    outside, held_values = _with_held(name, expr)
    parts = linear_coefficients(outside, (name,))
    if parts is None or (held_values and is_zero(parts[0][name])):
        culprit = nonlinear_part(outside if parts is None else expr, (name,))
        return Refusal(
            f"'{culprit.span.text}' in the equation for '{name}' is not linear in '{name}'.",
            culprit.span,
        )
    factors, rest = parts
    return _put_back(factors[name], held_values), _put_back(rest, held_values)


def _with_held(name: str, expr: Expr) -> tuple[Expr, dict[str, Expr]]:
    """The expression with names for what is held in it, and what each of them stands for.

    What one stands for may have earlier ones in it.
    """
    values: dict[str, Expr] = {}

    def hold(node: Expr) -> Expr:
        values[f"_held_{len(values)}"] = node
        return Name(f"_held_{len(values) - 1}", span=node.span)

    def rule(node: Expr) -> Expr | None:
        match node:
            case Call() | Compare() | Logic() | Not() | Binary(op="//" | "%"):
                return hold(node) if name in names_in(node) else None
            case Binary(op="/", right=divisor) if name in names_in(divisor):
                return replace(node, right=hold(divisor))
            case Binary(op="**", right=exponent) if name in names_in(exponent):
                return hold(node)
            case _:
                return None

    return transform(expr, rule), values


def _put_back(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    for held_name in reversed(list(values)):
        expr = substitute(expr, {held_name: values[held_name]})
    return expr
