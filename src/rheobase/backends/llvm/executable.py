"""Programs bound to their memory: tables of addresses, and one call into native code."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm.driver import N_WORDS, TABLE
from rheobase.backends.llvm.jit import jit
from rheobase.backends.llvm.timer import timer_address, timer_kind
from rheobase.ir.kernels import Python
from rheobase.ir.program import Control, Program, Status
from rheobase.ir.slots import Slot

__all__ = ["LlvmBackend", "LlvmExecutable"]

_DRIVER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)  # releases the GIL
_STATUS: tuple[Status, ...] = tuple(Status)


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

    def compile(self, program: Program) -> LlvmExecutable:
        return LlvmExecutable(program, self.contract)


class LlvmExecutable:
    """A compiled program. What it keeps alive: the slots, and through them their memory."""

    def __init__(self, program: Program, contract: bool) -> None:
        compiler = jit()
        self._driver = _DRIVER(compiler.driver())
        calls = program.calls
        self._functions = np.array(
            [
                0 if isinstance(c.kernel.domain, Python) else compiler.kernel(c.kernel, contract)
                for c in calls
            ],
            np.uint64,
        )
        self._clocks = np.array([c.clock for c in calls], np.int64)
        self._n_clocks = len(program.clocks)
        self._due = np.zeros(max(self._n_clocks, 1), np.int64)
        self._fresh = np.ones(1, np.int64)
        arguments = [c.kernel.slots() for c in calls]
        clocks = [(c.step, c.t, c.dt, c.end) for c in program.clocks]
        self._slots, numbers = _numbered([*arguments, *clocks])
        ends = np.cumsum([len(a) for a in arguments], dtype=np.int64)
        self._n_arguments = int(ends[-1]) if len(ends) else 0
        self._starts = ends - np.array([len(a) for a in arguments], np.int64)
        self._numbers = numbers
        self._generations: list[int] = []
        self._moves = -1
        self._times = [c.times for c in program.clocks]
        self._scratch = np.array([timer_kind(), 0, 0, 0], np.int64)
        self._table = np.zeros(N_WORDS, np.int64)
        self._table_address = self._table.ctypes.data

    def run(self, control: Control) -> Status:
        """Go on from control.position until there is a reason to return."""
        if self._moves != Slot.moves:
            self._rebind()
        spent = control.spent
        self._table[TABLE["spent"]] = 0 if spent is None else spent.ctypes.data
        status: int = self._driver(self._table_address, control.address)
        return _STATUS[status]

    def _rebind(self) -> None:
        """Some slot has moved, anywhere: look whether it is one of ours."""
        times = [slot.generation for slot in self._times if slot is not None]
        generations = [slot.generation for slot in self._slots] + times
        if generations != self._generations:
            self._bind()
            self._generations = generations
        self._moves = Slot.moves

    def _bind(self) -> None:
        """Read the addresses and lengths of all slots."""
        slots = np.array([slot.address for slot in self._slots], np.int64)[self._numbers]
        lengths = np.array([len(slot) for slot in self._slots], np.int64)[self._numbers]
        times = np.array([0 if s is None else s.address for s in self._times], np.int64)
        self._words = (
            slots,
            lengths,
            times,
        )  # the table has addresses in them: they must stay alive
        n = self._n_arguments
        self._call_slots = slots.ctypes.data + 8 * self._starts
        self._call_lengths = lengths.ctypes.data + 8 * self._starts
        values = {
            "n_calls": len(self._functions),
            "n_clocks": self._n_clocks,
            "functions": self._functions.ctypes.data,
            "slots": self._call_slots.ctypes.data,
            "lengths": self._call_lengths.ctypes.data,
            "clocks": self._clocks.ctypes.data,
            "state": slots.ctypes.data + 8 * n,
            "due": self._due.ctypes.data,
            "fresh": self._fresh.ctypes.data,
            "times": times.ctypes.data,
            "timer": timer_address(),
            "scratch": self._scratch.ctypes.data,
            "spent": 0,
        }
        for name, position in TABLE.items():
            self._table[position] = values[name]


def _numbered(groups: Sequence[Sequence[Slot]]) -> tuple[list[Slot], NDArray[np.int64]]:
    """The different slots, and for each place in the groups the number of its slot."""
    found: dict[int, int] = {}
    slots: list[Slot] = []
    numbers: list[int] = []
    for group in groups:
        for slot in group:
            number = found.setdefault(id(slot), len(slots))
            if number == len(slots):
                slots.append(slot)
            numbers.append(number)
    return slots, np.array(numbers, np.int64)
