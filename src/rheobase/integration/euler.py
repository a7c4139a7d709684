"""The Euler method, with additive noise Euler-Maruyama."""

from __future__ import annotations

from typing import Final

from rheobase.integration.scheme import Scheme

__all__ = ["EULER"]

EULER: Final = Scheme(
    name="euler",
    description="x_new = x + dt*f(x, t) + g(x, t)*dW",
    noise="additive",
    order=1,
)
"""Forward Euler: order 1; strong order 1 for additive noise, the only noise that it takes: for
multiplicative noise it would converge to the solution in Ito's sense, all others to Stratonovich's.
Source: Maruyama 1955, Rend. Circ. Mat. Palermo 4:48-90.
"""
