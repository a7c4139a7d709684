"""A program: kernels in the order of one step, their clocks, and the protocol of execution.

The driver of every backend does this:

    while true:
        if control.position == 0:                      # at the beginning of a step
            if control.budget == 0: return PAUSED
            due = clocks with step < end, those of them whose t is the smallest
            if there are none: return DONE
        for k in position ... len(calls) - 1, where the clock of call k is due:
            status = the kernel
            if status != DONE: control.position = k; return status
        for due clocks: step += 1; t = step * dt
        control.position = 0; control.budget -= 1

so state is consistent at every return, and Python re-enters with the same control after it has
served the status: GROW (make room, same position), PYTHON (do what is due, position + 1).
A driver may let some calls go up to control.ahead steps ahead of the others (ir/ahead): results are
the same, and so is the state at each return but GROW, where control.owed steps are still owed by
the others.

Two times are equal when they differ by less than EPSILON times the smallest dt.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["EPSILON", "Backend", "Call", "ClockSlots", "Control", "Executable", "Program", "Status"]

EPSILON = 1e-4
NO_BOUND = 1 << 40  # steps


class Status(IntEnum):
    """Why native code came back."""

    DONE = 0  # every clock has reached its end
    PAUSED = 1  # the budget of steps is used up
    GROW = 2  # a buffer of the call at control.position must hold at least control.needed entries
    PYTHON = 3  # the call at control.position is Python's to do
    BAD_INDEX = 4  # Generate: a target outside its group; control.outer, control.needed say which
    BAD_SIZE = 5  # Generate: more than there are, or less than none; control.needed says how many


@record
class ClockSlots:
    """The state of one clock: step I64 (1,), t F64 (1,), dt F64 (1,), end I64 (1,).

    end     the step at which the run stops, exclusive
    times   F64 the time of each step, ascending, and inf after the last; None: step * dt
    """

    step: Slot
    t: Slot
    dt: Slot
    end: Slot
    times: Slot | None = None

    def time_of(self, step: int) -> float:
        """When a step begins, s."""
        if self.times is not None:
            return float(self.times.data[step])
        return step * float(self.dt.data[0])


@record
class Call:
    """A kernel at its place in the step, on a clock of the program."""

    kernel: Kernel
    clock: int


@record
class Program:
    """What one step does."""

    calls: tuple[Call, ...]
    clocks: tuple[ClockSlots, ...]


class Control:
    """The memory that Python and a driver share during a run: I64 fields by name.

    position   the next call of the current step
    budget     steps to make before returning PAUSED
    limit      ns after which a driver may return PAUSED with steps left to make; 0: none
    ahead      how many steps calls may go ahead of others; below 2: none does
    block      steps that they have made in the present block
    owed       those of them that the others have still to make
    needed     after GROW: entries that must fit; after BAD_INDEX: the target; BAD_SIZE: the size
    outer      after BAD_INDEX and BAD_SIZE: the outer element

    spent      (n_calls,) ns spent in each call so far, Python's included; None: not measured
    taken      steps made so far: of Python only
    """

    FIELDS = ("position", "budget", "needed", "outer", "limit", "ahead", "block", "owed")

    def __init__(self, spent: NDArray[np.int64] | None = None) -> None:
        self.data: NDArray[np.int64] = np.zeros(len(self.FIELDS), np.int64)
        self.data[self.FIELDS.index("ahead")] = NO_BOUND
        self.address: int = self.data.ctypes.data
        self.spent = spent
        self.taken = 0

    @classmethod
    def profiling(cls, n_calls: int) -> Control:
        """One under which the time of each call is measured."""
        return cls(np.zeros(n_calls, np.int64))

    @property
    def position(self) -> int:
        return int(self.data[0])

    @position.setter
    def position(self, value: int) -> None:
        self.data[0] = value

    @property
    def budget(self) -> int:
        return int(self.data[1])

    @budget.setter
    def budget(self, value: int) -> None:
        self.data[1] = value

    @property
    def limit(self) -> int:
        return int(self.data[4])

    @limit.setter
    def limit(self, value: int) -> None:
        self.data[4] = value

    @property
    def ahead(self) -> int:
        return int(self.data[5])

    @ahead.setter
    def ahead(self, value: int) -> None:
        self.data[5] = value

    @property
    def owed(self) -> int:
        return int(self.data[7])

    @property
    def needed(self) -> int:
        return int(self.data[2])

    @property
    def outer(self) -> int:
        return int(self.data[3])


class Executable(Protocol):
    """A compiled program."""

    def get_ready(self) -> None:
        """There will be calls of `run`: do now what need not be done between steps."""
        ...

    def run(self, control: Control) -> Status:
        """Go on from control.position until there is a reason to return."""
        ...

    def rest(self) -> None:
        """There will be no call of `run` for a while: let go of threads."""
        ...


class Backend(Protocol):
    """Turns programs into executables."""

    name: str

    def compile(self, program: Program, threads: int = 1) -> Executable:
        """Make a program ready to run.

        threads   how many may share the work; 0: as many as there are processors. Results are the
                  same for any number
        """
        ...
