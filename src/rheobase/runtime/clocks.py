"""Clocks: time in whole steps, t = step * dt, never accumulated."""

from __future__ import annotations

import math

from rheobase.errors import ModelValueError
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.program import EPSILON, ClockSlots
from rheobase.ir.slots import Slot

__all__ = ["ClockState"]


class ClockState:
    """The state of one clock, in seconds.

    dt   the step
    """

    def __init__(self, dt: float) -> None:
        self.slots = ClockSlots(
            Slot("step", I64), Slot("t", F64), Slot("dt", F64, fill=dt), Slot("end", I64)
        )

    @property
    def dt(self) -> float:
        return float(self.slots.dt.data[0])

    @property
    def step(self) -> int:
        return int(self.slots.step.data[0])

    @property
    def t(self) -> float:
        return float(self.slots.t.data[0])

    def set_dt(self, dt: float) -> None:
        """Change the step; the time stays, as near as whole steps can."""
        t = self.t
        self.slots.dt.data[0] = dt
        self.set_step(round(t / dt))

    def set_time(self, t: float, name: str) -> None:
        """Go to time t, which must be a whole number of steps (ModelValueError)."""
        step = round(t / self.dt)
        if abs(step * self.dt - t) > EPSILON * self.dt:
            raise ModelValueError(
                f"clock '{name}': with dt = {self.dt:g} s no step begins at t = {t:g} s, the time "
                f"to go on from ({t / self.dt:g} steps). Choose a dt that divides t."
            )
        self.set_step(step)

    def set_step(self, step: int) -> None:
        self.slots.step.data[0] = step
        self.slots.t.data[0] = step * self.dt

    def steps_until(self, t: float) -> int:
        """The first step whose time is not before t (a step that is nearly t is t)."""
        exact = t / self.dt
        near = round(exact)
        return near if abs(near - exact) <= EPSILON else math.ceil(exact)
