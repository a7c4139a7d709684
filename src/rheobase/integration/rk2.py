"""The midpoint method."""

from __future__ import annotations

from typing import Final

from rheobase.integration.scheme import Scheme

__all__ = ["RK2"]

RK2: Final = Scheme(
    name="rk2",
    description="""
    k = dt*f(x, t)
    x_new = x + dt*f(x + k/2, t + dt/2)
    """,
    order=2,
)
"""Runge's midpoint method of order 2, without noise.
Source: Runge 1895, Math. Ann. 46:167-178.
"""
