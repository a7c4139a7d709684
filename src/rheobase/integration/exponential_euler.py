"""Exponential Euler: each equation linear in its own variable, all others held over the step.

dx/dt = a*x + b has the solution x*exp(a*dt) + b*dt*exprel(a*dt). Order 1; stable for fast decay.
Source: MacGregor 1987, Neural and Brain Modeling; Moore & Ramon 1974, J. Theor. Biol. 45:249-273.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rheobase.equations.single import is_noise
from rheobase.integration.system import System, Updates
from rheobase.integration.terms import (
    ZERO,
    Refusal,
    exponential_step,
    held,
    nonlinear_part,
    simultaneous,
)
from rheobase.integration.written import Written
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import Expr, Name, walk

__all__ = ["EXPONENTIAL_EULER", "ExponentialEuler"]


@dataclass(frozen=True)
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
    noise = next((n for n in walk(expr) if isinstance(n, Name) and is_noise(n.id)), None)
    if noise is not None:
        return Refusal(
            f"'{noise.id}' is noise, and this method solves equations without noise.",
            noise.span,
            "Try 'euler', 'heun' or 'milstein'.",
        )
    parts = linear_coefficients(expr, (name,))
    if parts is None:
        culprit = nonlinear_part(expr, (name,))
        return Refusal(
            f"'{culprit.span.text}' in the equation for '{name}' is not linear in '{name}'.",
            culprit.span,
            "Try 'rk4' or 'euler'.",
        )
    factors, rest = parts
    return factors.get(name, ZERO), rest
