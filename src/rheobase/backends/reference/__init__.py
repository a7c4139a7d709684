"""The reference backend: NumPy, op by op. Slow and plain; what it does is what the ops mean.

philox     random numbers
code       a kernel's ops as a list of NumPy calls
access     which elements may run together without changing the meaning
domains    what a call of a kernel does, domain by domain
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from rheobase.backends.reference.domains import runner
from rheobase.ir.program import EPSILON, Control, Program, Status
from rheobase.ir.verify import verify_program

__all__ = ["ReferenceBackend", "ReferenceExecutable"]


class ReferenceBackend:
    """Runs programs with NumPy.

    one_by_one   run each element alone, in pure Python: the definition, for tests

    >>> from rheobase.ir.program import Control, Program
    >>> from rheobase.backends.reference import ReferenceBackend
    >>> ReferenceBackend().compile(Program((), ())).run(Control()).name
    'PAUSED'
    """

    name = "numpy"

    def __init__(self, one_by_one: bool = False) -> None:
        self.one_by_one = one_by_one

    def compile(self, program: Program, threads: int = 1) -> ReferenceExecutable:
        """Make a program ready to run, by one thread whatever `threads` allows; raises
        InvalidKernelError for one that breaks a rule."""
        verify_program(program)
        return ReferenceExecutable(program, self.one_by_one)


class ReferenceExecutable:
    """The driver loop of ir/program.py, word for word."""

    def __init__(self, program: Program, one_by_one: bool) -> None:
        self._clocks = program.clocks
        self._calls = [(runner(c.kernel, one_by_one), c.clock) for c in program.calls]

    def run(self, control: Control) -> Status:
        """Go on from control.position until there is a reason to return."""
        with np.errstate(all="ignore"):
            return self._run(control)

    def get_ready(self) -> None:
        """There is nothing to do."""

    def rest(self) -> None:
        """There is nothing to let go of."""

    def _run(self, control: Control) -> Status:
        while True:
            if control.position == 0 and control.budget == 0:
                return Status.PAUSED
            due = self._due()
            if control.position == 0 and not due:
                return Status.DONE
            for k in range(control.position, len(self._calls)):
                run, clock = self._calls[k]
                if clock not in due:
                    continue
                status = run(control) if control.spent is None else _timed(run, control, k)
                if status is not Status.DONE:
                    control.position = k
                    return status
            for n in due:
                clock = self._clocks[n]
                clock.step.data[0] += 1
                clock.t.data[0] = clock.time_of(int(clock.step.data[0]))
            control.position = 0
            control.budget -= 1

    def _due(self) -> set[int]:
        """The clocks whose step comes next."""
        going = {
            n: float(clock.t.data[0])
            for n, clock in enumerate(self._clocks)
            if clock.step.data[0] < clock.end.data[0]
        }
        if not going:
            return set()
        latest = min(going.values()) + EPSILON * min(float(c.dt.data[0]) for c in self._clocks)
        return {n for n, t in going.items() if t < latest}


def _timed(run: Callable[[Control], Status], control: Control, k: int) -> Status:
    start = time.perf_counter_ns()
    status = run(control)
    assert control.spent is not None
    control.spent[k] += time.perf_counter_ns() - start
    return status
