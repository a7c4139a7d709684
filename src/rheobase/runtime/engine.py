"""The run loop as seen from Python: compile, enter native code, serve what it comes back for.

Native code runs in slices of about SLICE seconds, so that Ctrl-C, a progress report and stop()
are served in time without native code having to know of them; a slice is thousands of steps, or
one step where a step takes longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rheobase.ir.domains import Generate, Push, Record
from rheobase.ir.kernels import Kernel
from rheobase.ir.program import Backend, Call, Control, Executable, Program, Status
from rheobase.runtime.backends import active_backend
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.events import grow_log

__all__ = ["SLICE", "GenerateError", "RunHooks", "execute", "run_once"]

SLICE = 0.02  # s


class GenerateError(Exception):
    """A generator made a target outside its group, or was to choose more than there are.

    outer, target   the pair, numbered as in the parts; after BAD_SIZE, target is the size
    status          BAD_INDEX or BAD_SIZE
    """

    def __init__(self, outer: int, target: int, status: Status = Status.BAD_INDEX) -> None:
        super().__init__(outer, target, status)
        self.outer = outer
        self.target = target
        self.status = status


@dataclass
class RunHooks:
    """What the caller wants to do during a run.

    python    what to call when the call at this position of the program is due
    full      what makes room for so many entries in the buffers of the call at this position;
              those of other calls grow
    pause     called between slices; returning True stops the run at the end of this step
    stepwise  every slice is one step
    stopped   asked after a call of Python: whether the present step is to be the last
    first_slice   steps before `pause` is asked first
    """

    python: Mapping[int, Callable[[], None]]
    pause: Callable[[], bool] = lambda: False
    stepwise: bool = False
    stopped: Callable[[], bool] = lambda: False
    full: Mapping[int, Callable[[int], None]] = field(
        default_factory=dict[int, Callable[[int], None]]
    )
    first_slice: int = 1


def execute(
    program: Program, executable: Executable, hooks: RunHooks, control: Control | None = None
) -> float:
    """Run until every clock has reached its end, or the hooks stop it; seconds of native code.

    An exception from a Python call, Ctrl-C included, leaves the step unfinished: the caller's
    `control` (if given) knows where, and passing it again goes on from there.
    """
    control = control or Control()
    try:
        return _execute(program, executable, hooks, control)
    finally:
        executable.rest()


def _execute(program: Program, executable: Executable, hooks: RunHooks, control: Control) -> float:
    executable.get_ready()
    steps = hooks.first_slice
    native = 0.0
    while True:
        control.budget = steps
        begun = time.perf_counter()
        while True:
            start = time.perf_counter()
            status = executable.run(control)
            native += time.perf_counter() - start
            if status in (Status.DONE, Status.PAUSED):
                break
            _serve(program, status, control, hooks)
        control.taken += steps - control.budget
        elapsed = time.perf_counter() - begun
        if status is Status.DONE or hooks.pause():
            return native
        if not hooks.stepwise:
            steps = max(1, int(steps * min(4.0, SLICE / max(elapsed, 1e-6))))


def _serve(program: Program, status: Status, control: Control, hooks: RunHooks) -> None:
    position = control.position
    if status is Status.PYTHON:
        call = hooks.python[position]
        if control.spent is None:
            call()
        else:
            begun = time.perf_counter_ns()
            call()
            control.spent[position] += time.perf_counter_ns() - begun
        control.position = position + 1
        if hooks.stopped():
            control.budget = 1
    elif status is Status.GROW:
        make_room = hooks.full.get(position) or partial(grow, program.calls[position].kernel)
        make_room(control.needed)
    else:
        raise GenerateError(control.outer, control.needed, status)


def grow(kernel: Kernel, needed: int) -> None:
    """Make room in the buffers of a kernel that returned GROW."""
    match kernel.domain:
        case Record(buffers=buffers):
            size = max(needed, 2 * len(buffers[0]), 1024)
            for buffer in buffers:
                buffer.resize(size)
        case Push(list=events, log=log, step=step):
            grow_log(log, int(step.data[0]), int(events.count.data[0]))
        case Generate(targets=targets):
            targets.resize(max(needed, len(targets) + len(targets) // 2, 1024))
        case _:
            raise AssertionError(f"{kernel.name} asked for room but has no buffer")


# ------------------------------------------------------------------ single kernels
def run_once(
    kernel: Kernel, backend: Backend | None = None, full: Callable[[int], None] | None = None
) -> None:
    """Run one kernel one time, now: string assignments, conditions, connect().

    full   what makes room in its buffers; None: they grow
    Raises GenerateError if a generator leaves its group.
    """
    clock = ClockState(1.0)
    clock.slots.end.data[0] = 1
    program = Program((Call(kernel, 0),), (clock.slots,))
    executable = (backend or active_backend()).compile(program)
    with np.errstate(all="ignore"):
        execute(program, executable, RunHooks({}, full={} if full is None else {0: full}))
