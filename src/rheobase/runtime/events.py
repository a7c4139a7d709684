"""Event lists and logs: what happened in this step and in the steps before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import EventLog, IndexList
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Slot

__all__ = [
    "event_list",
    "event_log_of",
    "grow_log",
    "logged_events",
    "new_log",
    "set_reach",
]

_FIRST_CAPACITY = 1024


def event_list(name: str, size: int) -> IndexList:
    """An empty list that can hold each of `size` elements once."""
    return IndexList(Slot(f"{name} events", I32, size), Slot(f"{name} event count", I64))


def new_log(name: str) -> EventLog:
    """A log without events that reaches back 0 steps."""
    return EventLog(
        Slot(f"{name} log", I32, _FIRST_CAPACITY),
        Slot(f"{name} log starts", I64, 2),
        Slot(f"{name} log reach", I64),
    )


def event_log_of(lists: Mapping[int, NDArray[np.int32]], reach: int, step: int) -> EventLog:
    """A log that holds the events of given steps, step - reach <= s, and none else.

    Steps may be negative; only steps from `step - reach` to `step` may be read.
    """
    log = new_log("frozen")
    log.reach.data[0] = reach
    none = np.zeros(0, np.int32)
    _rewrite(log, step, [lists.get(s, none) for s in range(step - reach, step)], room=0)
    return log


def logged_events(log: EventLog, step: int, back: int) -> list[NDArray[np.int32]]:
    """The events of steps step - back, ..., step - 1, one array for each step."""
    starts, entries = log.starts.data, log.entries.data
    lists: list[NDArray[np.int32]] = []
    for s in range(step - back, step):
        first, last = starts[s & (len(starts) - 1)], starts[(s + 1) & (len(starts) - 1)]
        lists.append(entries[np.arange(first, last) & (len(entries) - 1)])
    return lists


def _rewrite(log: EventLog, step: int, lists: list[NDArray[np.int32]], room: int) -> None:
    """Lay the log out anew, with `lists` as the events of the last len(lists) steps."""
    total = sum(map(len, lists))
    capacity = max(_FIRST_CAPACITY, _power_of_two(total + room))
    reach = max(int(log.reach.data[0]), len(lists))
    starts = np.zeros(_power_of_two(reach + 2), np.int64)
    entries = np.zeros(capacity, np.int32)
    position = 0
    for back, events in zip(range(len(lists), 0, -1), lists):
        starts[(step - back) & (len(starts) - 1)] = position
        entries[position : position + len(events)] = events
        position += len(events)
    # steps before the oldest kept one read as empty only if all unused starts agree
    used = {(step - k) & (len(starts) - 1) for k in range(len(lists) + 1)}
    starts[step & (len(starts) - 1)] = position
    for k in range(len(starts)):
        if k not in used:
            starts[k] = 0
    log.starts.assign(starts)
    log.entries.assign(entries)


def set_reach(log: EventLog, reach: int, step: int) -> None:
    """Keep at least `reach` steps; what is in the log stays."""
    old = int(log.reach.data[0])
    if reach <= old:
        return
    lists = logged_events(log, step, min(old, step)) if old else []
    log.reach.data[0] = reach
    _rewrite(log, step, lists, room=0)


def grow_log(log: EventLog, step: int, room: int) -> None:
    """Make room for `room` more entries."""
    back = min(int(log.reach.data[0]), step)
    _rewrite(log, step, logged_events(log, step, back), 2 * room)


def _power_of_two(n: int) -> int:
    return 1 << max(n - 1, 1).bit_length()
