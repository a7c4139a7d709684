"""Exponential Euler: each equation linear in its own variable, all others held over the step.

dx/dt = a*x + b has the solution x*exp(a*dt) + b*dt*exprel(a*dt). Order 1; stable for fast decay.
Source: MacGregor 1987, Neural and Brain Modeling; Moore & Ramon 1974, J. Theor. Biol. 45:249-273.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rheobase.integration.system import System, Updates
from rheobase.integration.terms import (
    ZERO,
    Refusal,
    exponential_step,
    held,
    noise_refusal,
    nonlinear_part,
    simultaneous,
)
from rheobase.integration.written import Written
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import Expr, Name
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
    parts = linear_coefficients(expr, (name,))
    if parts is None:
        culprit = nonlinear_part(expr, (name,))
        return Refusal(
            f"'{culprit.span.text}' in the equation for '{name}' is not linear in '{name}'.",
            culprit.span,
        )
    factors, rest = parts
    return factors.get(name, ZERO), rest
