"""What the operating system gives to threads that wait: naps, and doors at which one sleeps.

A door is a semaphore: who waits there sleeps until somebody opens it, and finds it open if that
came first. Native code calls these functions by address (backends/llvm/barrier).
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Door", "breaks"]

NAP = 50e-6  # s
_SIZE = 64  # bytes, of a semaphore of the C library


@cache
def _system() -> Any:
    """The library that has the functions."""
    return ctypes.WinDLL("kernel32") if sys.platform == "win32" else ctypes.CDLL(None)


def _functions() -> tuple[Any, Any, int, Any, Any]:
    """yield(), nap(length), the length, wait(door, -1), open(door, 1, null)"""
    system = _system()
    if sys.platform == "win32":
        doors = system.WaitForSingleObject, system.ReleaseSemaphore
        return system.SwitchToThread, system.Sleep, 0, *doors
    if sys.platform == "darwin":
        doors = system.dispatch_semaphore_wait, system.dispatch_semaphore_signal
    else:
        doors = system.sem_wait, system.sem_post
    return system.sched_yield, system.usleep, int(NAP * 1e6), *doors


@cache
def breaks() -> NDArray[np.int64]:
    """(5,)  what native code does when it waits long; see backends/llvm/barrier."""
    give_way, nap, length, wait, open_ = _functions()
    addresses = [ctypes.cast(f, ctypes.c_void_p).value or 0 for f in (give_way, nap, wait, open_)]
    return np.array([*addresses[:2], length, *addresses[2:]], np.int64)


class Door:
    """A door, closed. It is never given back: there is one for each thread that was ever made.

    handle   what the functions of `breaks` take
    """

    def __init__(self) -> None:
        system = _system()
        if sys.platform == "win32":
            system.CreateSemaphoreW.restype = ctypes.c_void_p
            self.handle = int(system.CreateSemaphoreW(None, 0, 2**31 - 1, None))
        elif sys.platform == "darwin":
            system.dispatch_semaphore_create.restype = ctypes.c_void_p
            self.handle = int(system.dispatch_semaphore_create(ctypes.c_long(0)))
        else:
            self._memory = ctypes.create_string_buffer(_SIZE)
            self.handle = ctypes.addressof(self._memory)
            system.sem_init(ctypes.c_void_p(self.handle), 0, 0)

    def open(self) -> None:
        """Whoever waits here, or comes next, goes on."""
        open_ = _functions()[-1]
        open_(ctypes.c_void_p(self.handle), 1, None)
