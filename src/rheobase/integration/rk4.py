"""The classical Runge-Kutta method."""

from __future__ import annotations

from typing import Final

from rheobase.integration.scheme import Scheme

__all__ = ["RK4"]

RK4: Final = Scheme(
    name="rk4",
    description="""
    k_1 = dt*f(x, t)
    k_2 = dt*f(x + k_1/2, t + dt/2)
    k_3 = dt*f(x + k_2/2, t + dt/2)
    k_4 = dt*f(x + k_3, t + dt)
    x_new = x + (k_1 + 2*k_2 + 2*k_3 + k_4)/6
    """,
    order=4,
)
"""The classical Runge-Kutta method of order 4, without noise.
Source: Kutta 1901, Z. Math. Phys. 46:435-453.
"""
