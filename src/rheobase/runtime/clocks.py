"""Clocks: time in whole steps, t = step * dt, never accumulated; or at given times."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.program import EPSILON, ClockSlots
from rheobase.ir.slots import Slot

__all__ = ["ClockState", "EventClockState"]

_FINEST = 1e-6  # s


class ClockState:
    """The state of one clock, in seconds.

    dt   the step
    """

    def __init__(self, dt: float, times: Slot | None = None) -> None:
        self.slots = ClockSlots(
            Slot("step", I64), Slot("t", F64), Slot("dt", F64, fill=dt), Slot("end", I64), times
        )
        self._run_dt = dt  # that of the last run

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
        """Go to time t, or to the first step after it.

        After a change of dt, t must be a whole number of steps (ModelValueError): the steps
        before and after would not fit together.
        """
        step = self.steps_until(t)
        if self.dt != self._run_dt and abs(step * self.dt - t) > EPSILON * self.dt:
            raise ModelValueError(
                f"clock '{name}': with dt = {self.dt:g} s no step begins at t = {t:g} s, the time "
                f"to go on from ({t / self.dt:g} steps). Choose a dt that divides t."
            )
        self._run_dt = self.dt
        self.set_step(step)

    def go_to(self, t: float) -> None:
        """Go to time t, or to the first step after it, whatever was before."""
        self._run_dt = self.dt
        self.set_step(self.steps_until(t))

    def set_step(self, step: int) -> None:
        self.slots.step.data[0] = step
        self.slots.t.data[0] = self.slots.time_of(step)

    def steps_until(self, t: float) -> int:
        """The first step whose time is not before t (a step that is nearly t is t)."""
        exact = t / self.dt
        near = round(exact)
        return near if abs(near - exact) <= EPSILON else math.ceil(exact)


class EventClockState(ClockState):
    """The state of a clock that ticks at given times.

    times   (n,) s, ascending
    """

    def __init__(self, times: NDArray[np.float64]) -> None:
        gaps = np.diff(times)
        listed = Slot("times", F64)
        listed.assign([*times, math.inf])
        # dt decides which times are equal: the least gap, but no more than a microsecond, or what
        # is left of one at times of many digits
        finest = max(_FINEST, 1e-9 * float(times.max(initial=0.0)))
        super().__init__(min([finest, *gaps.tolist()]), listed)
        self._times = times
        self.set_step(0)

    def set_dt(self, dt: float) -> None:
        raise ModelValueError("an EventClock has no dt: it ticks at the times that it was given")

    def set_time(self, t: float, name: str) -> None:
        """Go to the first step at t or after it."""
        self.set_step(self.steps_until(t))

    def steps_until(self, t: float) -> int:
        return int(np.searchsorted(self._times, t - EPSILON * self.dt))
