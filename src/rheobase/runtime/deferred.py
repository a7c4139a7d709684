"""Changes that wait for runs: while a device records runs, what comes after them waits, too.

A device that does not run at once (set_device('cpp_standalone', build_on_run=False)) puts each
run into a queue. A variable that the script sets after a recorded run must be set after it, so
that waits in the same queue; before the first run it is set at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

__all__ = ["Queue", "after_runs", "at_once", "record_into"]

Action = Callable[[], None]


class Queue:
    """Actions in the order in which the script asked for them."""

    def __init__(self) -> None:
        self.actions: list[Action] = []

    def perform(self) -> None:
        """Do all of them; they stay in the queue, so that they can be done again."""
        with at_once():
            for action in tuple(self.actions):
                action()


_recording: Queue | None = None


def record_into(queue: Queue | None) -> None:
    """From now on, `after_runs` waits in this queue; None: it waits for nothing."""
    global _recording
    _recording = queue


@contextmanager
def at_once() -> Generator[None, None, None]:
    """Within, nothing waits."""
    global _recording
    before, _recording = _recording, None
    try:
        yield
    finally:
        _recording = before


def after_runs(action: Action) -> bool:
    """Whether runs are waiting; then the action has been put behind them."""
    if _recording is None or not _recording.actions:
        return False
    _recording.actions.append(action)
    return True
