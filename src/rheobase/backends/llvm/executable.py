"""Compiled programs: one call into native code, by one thread or by several."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from functools import cached_property

from rheobase.backends.llvm.jit import jit
from rheobase.backends.llvm.lanes import seconds_to_divide
from rheobase.backends.llvm.pace import Pace
from rheobase.backends.llvm.processors import n_processors
from rheobase.backends.llvm.shortcut import Shortcut
from rheobase.backends.llvm.tables import ProgramWords, Tables
from rheobase.backends.llvm.team import Team
from rheobase.ir.domains import Python
from rheobase.ir.program import Control, Program, Status

__all__ = ["LlvmBackend", "LlvmExecutable"]

_DRIVER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)  # releases the GIL
_STATUS: tuple[Status, ...] = tuple(Status)


LARGE = 1 << 18  # bytes that a program works on: below, threads are not even tried (pace.py)


class LlvmBackend:
    """Compiles programs to machine code.

    contract   whether a * b + c of the model's own arithmetic may be rounded once (fused), which
               is faster and more accurate, but not bit for bit what NumPy computes

    >>> from rheobase.ir.program import Control, Program
    >>> LlvmBackend().compile(Program((), ())).run(Control()).name
    'PAUSED'
    """

    name = "llvm"

    def __init__(self, contract: bool = True) -> None:
        self.contract = contract

    def compile(self, program: Program, threads: int = 1) -> LlvmExecutable:
        return LlvmExecutable(program, self.contract, threads or n_processors())


class LlvmExecutable:
    """A compiled program. What it keeps alive: the slots, and through them their memory.

    threads   the most that may share the work
    pace      decides when they do
    """

    def __init__(self, program: Program, contract: bool, threads: int = 1) -> None:
        kernels = [c.kernel for c in program.calls]
        native = [k for k in kernels if not isinstance(k.domain, Python)]
        plain, found = jit().program(native, contract, threads > 1 and _is_large(program))
        rest = iter(found)
        functions = [0 if isinstance(k.domain, Python) else next(rest) for k in kernels]
        self._words = ProgramWords(program, functions)
        self._plain = _DRIVER(plain)
        self._shortcut = Shortcut(program, contract)
        self._short: Callable[[int, int], int] | None = None  # its function
        self._solo = Tables(self._words, 1)
        self._threads = threads
        self._team: Team | None = None
        self.pace = Pace()
        self.pace.ready_in = seconds_to_divide(native)
        self._with_team = False

    def get_ready(self) -> None:
        """Look where everything stands, cut rows for chunks, and compile the driver for them."""
        self._solo.addresses(None)
        if not self._solo.is_plain:
            _ = self._full

    def run(self, control: Control) -> Status:
        """Go on from control.position until there is a reason to return."""
        if self._threads == 1:
            return self._run_alone(control)
        while True:
            status = self._run_some(control)
            if status is not Status.PAUSED or control.budget == 0:
                return status

    def rest(self) -> None:
        """There will be no call of `run` for a while: let go of threads."""
        if self._team is not None:
            self._team.rest()

    def _run_some(self, control: Control) -> Status:
        """Go on until the pace is to be asked again."""
        if not control.owed:  # who has gone ahead is followed by the same lanes
            self._with_team = self.pace.team
        team = self._ready_team() if self._with_team else None
        tables = self._solo if team is None else team.tables
        budget = control.budget
        begun = time.perf_counter()
        control.limit = int((self.pace.longest or 0) * 1e9)
        status = self._call_driver(tables, control)
        control.limit = 0
        self.pace.note(budget - control.budget, time.perf_counter() - begun)
        return status

    def _run_alone(self, control: Control) -> Status:
        return self._call_driver(self._solo, control)

    def _ready_team(self) -> Team:
        """All threads, waiting for lane 0."""
        if self._team is None:
            _ = self._full  # compiled before the pace looks at the clock
            self._team = Team(Tables(self._words, self._threads))
        self._team.begin()
        return self._team

    def _call_driver(self, tables: Tables, control: Control) -> Status:
        table = tables.addresses(control.spent)[0]
        if control.owed or not tables.is_plain:
            driver = self._full
        elif control.spent is not None or control.limit:
            driver = self._plain
        elif self._shortcut.is_wanted:
            return self._take_time(table, control)
        else:
            driver = self._short or self._plain
        status: int = driver(table, control.address)
        return _STATUS[status]

    def _take_time(self, table: int, control: Control) -> Status:
        """Go on while it is not known whether the step is to be one function."""
        budget, begun = control.budget, time.perf_counter()
        status: int = self._plain(table, control.address)
        self._shortcut.note(budget - control.budget, time.perf_counter() - begun)
        if self._shortcut.address:
            self._short = _DRIVER(self._shortcut.address)
        return _STATUS[status]

    @cached_property
    def _full(self) -> Callable[[int, int], int]:
        """The driver for several lanes, or where calls go ahead."""
        return _DRIVER(jit().driver())


def _is_large(program: Program) -> bool:
    """Whether several threads may come to share the work."""
    slots = {slot for call in program.calls for slot in call.kernel.slots()}
    return sum(slot.data.nbytes for slot in slots) > LARGE
