"""The Milstein method without derivatives."""

from __future__ import annotations

from typing import Final

from rheobase.integration.scheme import Scheme

__all__ = ["MILSTEIN"]

MILSTEIN: Final = Scheme(
    name="milstein",
    description="""
    x_above = x + sqrt(dt)*g(x, t)
    x_below = x - sqrt(dt)*g(x, t)
    k = (g(x_above, t) - g(x_below, t))*dW**2/(4*sqrt(dt))
    x_new = x + dt*f(x, t) + g(x, t)*dW + k
    """,
    noise="diagonal",
    order=1,
)
"""Milstein's method with a finite difference in the place of g*dg/dx; for diagonal noise, in the
sense of Stratonovich. Strong order 1. The difference is a central one: dW**2 has a mean in
Stratonovich's form, so that a one-sided difference would leave strong order 1/2 for nonlinear g.
Source: Kloeden & Platen 1992, Numerical Solution of Stochastic Differential Equations,
section 11.1.
"""
