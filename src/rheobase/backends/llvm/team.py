"""Threads that run native code beside the thread that called it.

They are made when a run first wants them, and stay. Each is a thread of Python that waits without
cost until it is given a table, and runs the worker (backends/llvm/worker) with it; the GIL is
released there. Between runs, nobody spins.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Helper", "breaks", "helpers", "n_processors"]

NAP = 50e-6  # s


def n_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Helper:
    """One thread. It does what it is given in turn, should two runs at the same time share it."""

    def __init__(self) -> None:
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


_helpers: list[Helper] = []
_owner = os.getpid()


def helpers(n: int) -> list[Helper]:
    """The first n helpers."""
    global _owner
    if _owner != os.getpid():  # threads do not come along through a fork
        _helpers.clear()
        _owner = os.getpid()
    while len(_helpers) < n:
        _helpers.append(Helper())
    return _helpers[:n]


def breaks() -> NDArray[np.int64]:
    """(3,)  what native code does when it waits long; see backends/llvm/barrier."""
    if sys.platform == "win32":
        kernel: Any = ctypes.WinDLL("kernel32")  # pyright: ignore
        functions, length = (kernel.SwitchToThread, kernel.Sleep), 0
    else:
        library = ctypes.CDLL(None)
        functions, length = (library.sched_yield, library.usleep), int(NAP * 1e6)
    addresses = [ctypes.cast(f, ctypes.c_void_p).value or 0 for f in functions]
    return np.array([*addresses, length], np.int64)
