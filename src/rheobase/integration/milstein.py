"""The Milstein method without derivatives."""

from __future__ import annotations

from typing import Final

from rheobase.integration.scheme import Scheme

__all__ = ["MILSTEIN"]

MILSTEIN: Final = Scheme(
    name="milstein",
    description="""
    x_support = x + dt*f(x, t) + sqrt(dt)*g(x, t)
    g_support = g(x_support, t)
    k = (g_support - g(x, t))*dW**2/(2*sqrt(dt))
    x_new = x + dt*f(x, t) + g(x, t)*dW + k
    """,
    noise="diagonal",
    order=1,
)
"""Milstein's method with a finite difference in the place of the derivative of g; for diagonal
noise, in the sense of Stratonovich. Strong order 1.
Source: Kloeden & Platen 1992, Numerical Solution of Stochastic Differential Equations,
section 11.1.
"""
