"""Ctrl-C during a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from rheobase.topics import topic

__all__ = ["interruptible"]


@contextmanager
def interruptible(stop: Callable[[], None], gently: bool = True) -> Generator[None, None, None]:
    """While native code runs, the first Ctrl-C calls `stop`, a second one raises.

    gently   False: the first one raises, too

    Signals arrive in the main thread only, so in others nothing changes.
    """
    if not gently or threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()
        topic("interrupted").warning(
            "interrupted: the run ends after this step; run() goes on from there"
        )

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
