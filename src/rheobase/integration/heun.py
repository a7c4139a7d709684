"""The stochastic Heun method."""

from __future__ import annotations

from typing import Final

from rheobase.integration.scheme import Scheme

__all__ = ["HEUN"]

HEUN: Final = Scheme(
    name="heun",
    description="""
    x_support = x + g(x, t)*dW
    g_support = g(x_support, t + dt)
    x_new = x + dt*f(x, t) + 0.5*dW*(g(x, t) + g_support)
    """,
    noise="multiplicative",
    order=1,
)
"""Heun's predictor and corrector for the noise, an Euler step for the rest; takes any noise, in
the sense of Stratonovich. Order 1 without noise; strong order 1 for one source of noise, 1/2 in
general.
Source: Kloeden & Platen 1992, Numerical Solution of Stochastic Differential Equations, chapter 10.
"""
