"""Programs bound to their memory: tables of addresses, and one call into native code."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from threading import Event

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm.barrier import RELEASE
from rheobase.backends.llvm.jit import jit
from rheobase.backends.llvm.lanes import Lanes
from rheobase.backends.llvm.schedule import N_WORDS, TABLE
from rheobase.backends.llvm.team import breaks, helpers
from rheobase.backends.llvm.timer import timer_address, timer_kind
from rheobase.ir.kernels import Python
from rheobase.ir.program import Control, Program, Status
from rheobase.ir.slots import Slot

__all__ = ["LlvmBackend", "LlvmExecutable"]

_DRIVER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)  # releases the GIL
_WORKER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
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

    def compile(self, program: Program, threads: int = 1) -> LlvmExecutable:
        return LlvmExecutable(program, self.contract, threads)


class LlvmExecutable:
    """A compiled program. What it keeps alive: the slots, and through them their memory.

    n_lanes   how many threads share the work
    """

    def __init__(self, program: Program, contract: bool, n_lanes: int = 1) -> None:
        compiler = jit()
        self._driver = _DRIVER(compiler.driver())
        self._worker = _WORKER(compiler.worker()) if n_lanes > 1 else None
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
        self._arguments = arguments
        self._numbers = numbers
        self._generations: list[int] = []
        self._moves = -1
        self._times = [c.times for c in program.clocks]
        self._scratch = np.array([timer_kind(), 0, 0, 0], np.int64)
        self._breaks = breaks()
        self._lanes = Lanes(calls, n_lanes)
        self._n_lanes = np.array([n_lanes], np.int64)
        self._tables = np.zeros((n_lanes, N_WORDS), np.int64)

    @property
    def n_lanes(self) -> int:
        return self._lanes.n

    def run(self, control: Control) -> Status:
        """Go on from control.position until there is a reason to return."""
        if self._moves != Slot.moves:
            self._rebind()
        spent = control.spent
        self._tables[0, TABLE["spent"]] = 0 if spent is None else spent.ctypes.data
        tables = [table.ctypes.data for table in self._tables]
        if self._worker is None:
            return self._call_driver(tables[0], control)
        self._lanes.team[:] = 0
        ends: list[Event] = []
        try:
            for helper, table in zip(helpers(self._lanes.n - 1), tables[1:]):
                ends.append(helper.begin(self._worker, table))
            return self._call_driver(tables[0], control)
        finally:
            self._lanes.team[RELEASE] = -1
            for end in ends:
                end.wait()

    def _call_driver(self, table: int, control: Control) -> Status:
        status: int = self._driver(table, control.address)
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
        lanes = self._lanes
        lanes.divide()
        slots = np.array([slot.address for slot in self._slots], np.int64)[self._numbers]
        lengths = np.array([len(slot) for slot in self._slots], np.int64)[self._numbers]
        times = np.array([0 if s is None else s.address for s in self._times], np.int64)
        merges = lanes.merges()
        divided = np.array([d is not None for d in lanes.partition.divisions], np.int64)
        waits = np.array(lanes.partition.waits, np.int64)
        lengths_of_calls = lengths.ctypes.data + 8 * self._starts
        # the tables have addresses in them: what they point to must stay alive
        self._kept: list[NDArray[np.int64]] = [
            slots, lengths, times, merges, divided, waits, lengths_of_calls
        ]  # fmt: skip
        values = {
            "n_calls": len(self._functions),
            "n_clocks": self._n_clocks,
            "functions": self._functions.ctypes.data,
            "lengths": lengths_of_calls.ctypes.data,
            "clocks": self._clocks.ctypes.data,
            "state": slots.ctypes.data + 8 * self._n_arguments,
            "due": self._due.ctypes.data,
            "fresh": self._fresh.ctypes.data,
            "times": times.ctypes.data,
            "timer": timer_address(),
            "scratch": self._scratch.ctypes.data,
            "spent": 0,
            "divided": divided.ctypes.data,
            "waits": waits.ctypes.data,
            "merge_starts": lanes.merge_starts.ctypes.data,
            "merges": merges.ctypes.data,
            "team": lanes.team.ctypes.data,
            "lanes": self._n_lanes.ctypes.data,
            "breaks": self._breaks.ctypes.data,
        }
        for lane, table in enumerate(self._tables):
            own = self._slots_of(lane, slots)
            shares = lanes.share_addresses(lane)
            self._kept += [own, shares]
            more = {"slots": own.ctypes.data, "shares": shares.ctypes.data}
            for name, position in TABLE.items():
                table[position] = (values | more)[name]

    def _slots_of(self, lane: int, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n_calls,)  where each call's addresses of slots stand, for a lane."""
        own = slots.copy()
        self._kept.append(own)
        for k, start in enumerate(self._starts.tolist()):
            for slot, address in self._lanes.stand_ins(k, lane).items():
                own[start + self._arguments[k].index(slot)] = address
        return own.ctypes.data + 8 * self._starts


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
