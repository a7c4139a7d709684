"""Clocks as users see them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rheobase.errors import DimensionMismatchError, ModelTypeError, ModelValueError
from rheobase.ir.program import EPSILON
from rheobase.runtime.clocks import ClockState, EventClockState
from rheobase.topics import topic
from rheobase.units import Quantity, second, to_si

_MANY_STEPS = 2**40

__all__ = ["Clock", "EventClock", "defaultclock", "seconds"]


def seconds(value: Any, what: str) -> float:
    """A time as a number of seconds.

    Raises DimensionMismatchError if it is not a time, ModelValueError if it is not one number.
    """
    try:
        number, dim = to_si(value)
    except TypeError:
        message = f"{what} must be a time such as 10*ms, not {value!r}"
        raise ModelTypeError(message) from None
    if dim is not second.dim:
        met = f"the pure number {value}" if dim.is_dimensionless else str(value)
        raise DimensionMismatchError(f"{what} must be a time such as 10*ms, not {met}")
    if getattr(number, "size", 1) != 1 or not math.isfinite(float(number)):
        raise ModelValueError(f"{what} must be one finite time, not {value}")
    return float(number)


class Clock:
    """A step of time that objects share.

    dt     the step, a time > 0; may be changed between runs while t is a multiple of it
    name   for messages

    >>> from rheobase import Clock, ms
    >>> Clock(0.5*ms).dt
    0.5 * msecond
    """

    def __init__(self, dt: Any, name: str = "clock") -> None:
        self.name = name
        value = seconds(dt, "dt")
        if not value > 0:
            raise ModelValueError(f"clock '{name}': dt must be a positive time, not {dt}")
        self.state = ClockState(value)

    @property
    def dt(self) -> Quantity:
        """The step, a time."""
        return Quantity(self.state.dt, dim=second.dim)

    @dt.setter
    def dt(self, value: Any) -> None:
        number = seconds(value, "dt")
        if not number > 0:
            raise ModelValueError(f"clock '{self.name}': dt must be a positive time, not {value}")
        self.state.set_dt(number)

    @property
    def pace(self) -> str:
        """How often it ticks, for people."""
        return str(self.dt)

    @property
    def dt_(self) -> float:
        """The step in seconds."""
        return self.state.dt

    @property
    def t(self) -> Quantity:
        """The present time."""
        return Quantity(self.state.t, dim=second.dim)

    @property
    def t_(self) -> float:
        """The present time in seconds."""
        return self.state.t

    @property
    def timestep(self) -> int:
        """The number of the present step."""
        return self.state.step

    def set_interval(self, start: Any, end: Any) -> None:
        """Make a run of the clock go from one time to another, both in seconds or quantities.

        Warns if there are so many steps that times can no longer tell them apart.
        """
        first, last = (
            seconds(x, "a time") if hasattr(x, "dim") else float(x) for x in (start, end)
        )
        self.state.set_time(first, self.name)
        steps = self.state.steps_until(last)
        if steps > _MANY_STEPS:
            topic("many_timesteps").warning(
                "clock '%s' would come to step %.3g: times are kept with 15 digits, so that t "
                "hardly changes from step to step any more",
                self.name,
                steps,
            )
        self.state.slots.end.data[0] = steps

    def is_whole(self, duration: float) -> bool:
        """Whether a duration, in seconds, is a whole number of steps."""
        steps = duration / self.state.dt
        return abs(steps - round(steps)) <= EPSILON * max(1.0, abs(steps) * 1e-6)

    def __repr__(self) -> str:
        return f"Clock(dt={self.dt!r}, name={self.name!r})"


class EventClock(Clock):
    """A clock that ticks at given times, and at no others.

    times   (n,) times >= 0, all different; sorted here
    name    for messages

    Raises ModelValueError for negative or equal times; DimensionMismatchError.

    >>> from rheobase import EventClock, NeuronGroup, StateMonitor, ms, run
    >>> cells = NeuronGroup(1, 'dv/dt = 1/ms : 1')
    >>> M = StateMonitor(cells, 'v', record=0, clock=EventClock([1, 2.5]*ms))
    >>> run(5*ms)
    >>> M.t
    array([1. , 2.5]) * msecond
    """

    def __init__(self, times: Any, name: str = "eventclock") -> None:
        numbers, dim = to_si(times)
        if dim is not second.dim:
            raise DimensionMismatchError(f"clock '{name}': times must be times, not {dim}")
        self.name = name
        listed = np.sort(np.atleast_1d(np.asarray(numbers, float)))
        if not np.isfinite(listed).all() or (listed < 0).any() or (np.diff(listed) <= 0).any():
            raise ModelValueError(
                f"clock '{name}': the times must be finite, >= 0, and all different"
            )
        self.times = Quantity(listed, dim=second.dim)
        self.state = EventClockState(listed)

    @property
    def pace(self) -> str:
        """How often it ticks, for people."""
        return f"{len(self.times)} times"

    def is_whole(self, duration: float) -> bool:
        """Any duration is: there are no steps in between."""
        return True

    def __repr__(self) -> str:
        return f"EventClock({self.times!r}, name={self.name!r})"


defaultclock = Clock(1e-4 * second, "defaultclock")
