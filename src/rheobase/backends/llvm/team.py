"""Threads that run native code beside the thread that called it.

They are made when a run first wants them, and stay. Each is a thread of Python that sleeps until
it is given a table, and runs the worker (backends/llvm/worker) with it; the GIL is released there.
It stays in the worker until the run is over: going through Python costs about 0.1 ms, many steps.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event

from rheobase.backends.llvm.barrier import DOOR, RELEASE, RESTS
from rheobase.backends.llvm.doors import Door
from rheobase.backends.llvm.jit import jit
from rheobase.backends.llvm.tables import Tables

__all__ = ["Team"]

_WORKER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)  # releases the GIL


class _Helper:
    """One thread, for one run at a time.

    door   where it sleeps in native code
    """

    def __init__(self) -> None:
        self.door = Door()
        self._work: SimpleQueue[tuple[Callable[[int], int], int, Event]] = SimpleQueue()
        threading.Thread(target=self._serve, name="rheobase", daemon=True).start()

    def _serve(self) -> None:
        while True:
            function, argument, done = self._work.get()
            function(argument)
            done.set()

    def begin(self, function: Callable[[int], int], argument: int) -> Event:
        """Call a function; the event is set when it has returned."""
        done = Event()
        self._work.put((function, argument, done))
        return done


_idle: list[_Helper] = []
_owner = os.getpid()


def _take() -> _Helper:
    """A helper that nobody else has."""
    global _owner
    if _owner != os.getpid():  # threads do not come along through a fork
        _idle.clear()
        _owner = os.getpid()
    try:
        return _idle.pop()
    except IndexError:
        return _Helper()


class Team:
    """The helpers of one program: lanes 1, 2, ... of its tables.

    tables   for all lanes
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._worker = _WORKER(jit().worker())
        self._at_work: list[tuple[_Helper, Event]] = []

    def begin(self) -> None:
        """All helpers wait for lane 0, or are on their way there."""
        if self._at_work:
            return
        lanes = self.tables.lanes
        lanes.team[:] = 0
        for lane, table in enumerate(self.tables.addresses(None)[1:], start=1):
            helper = _take()
            lanes.places[lane, RESTS] = 0
            lanes.places[lane, DOOR] = helper.door.handle
            self._at_work.append((helper, helper.begin(self._worker, table)))

    def rest(self) -> None:
        """They return."""
        self.tables.lanes.team[RELEASE] = -1
        for helper, _ in self._at_work:
            helper.door.open()
        for helper, done in self._at_work:
            done.wait()
            _idle.append(helper)
        self._at_work.clear()

    def __del__(self) -> None:
        self.rest()  # the tables must not go away under who reads them
