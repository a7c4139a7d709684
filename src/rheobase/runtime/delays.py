"""Rows of synapses in which the entries of each delay stand together, and what is under way.

A pathway whose synapses have delays of their own reads, for each distinct delay d, the events of d
steps ago, and of their rows the segment with that delay (ir/domains.DelayRows). Nothing is kept for
an event and a synapse; the cost of a step is that of the synapses reached, and a look at each
event for each distinct delay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import DelayRows, EventLog
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.slots import Buffer, Slot
from rheobase.runtime.events import event_log_of, logged_events
from rheobase.runtime.order import stable_order

__all__ = ["delay_rows", "distinct_delays", "frozen_log", "group_by_delay", "whole_steps"]

_AT_ONCE = 1 << 16  # entries: what they take in passing stays in the cache
_SHORT = 1 << 20  # steps: of delays below, there is a table


def delay_rows() -> DelayRows:
    """Slots for the segments, without entries."""
    return DelayRows(
        Slot("delays", I64, 0), Slot("delay masks", I64, 0), Slot("delay ranks", I32, 0),
        Slot("delay starts", I32),
    )  # fmt: skip


def whole_steps(delays: NDArray[np.float64], dt: float) -> NDArray[np.int64]:
    """Delays as the nearest whole number of steps; the longer one where two are equally near.

    >>> whole_steps(np.array([0.25e-3, 0.35e-3, 0.34e-3]), 0.1e-3).tolist()
    [3, 4, 3]
    """
    return np.floor(delays / dt + 0.5).astype(np.int64)


def distinct_delays(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those that there are, ascending."""
    if steps.max(initial=0) >= _SHORT:
        return np.unique(steps)
    return np.flatnonzero(np.bincount(steps))


def _numbers(distinct: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int32]:
    """Where each delay stands among the distinct ones, which descend."""
    greatest = int(distinct.max(initial=0))
    if greatest >= _SHORT:
        return np.searchsorted(-distinct, -steps).astype(np.int32)
    table = np.empty(greatest + 1, np.int32)
    table[distinct] = np.arange(len(distinct))
    return table[steps]


def group_by_delay(out: DelayRows, rows: NDArray[np.int64], steps: NDArray[np.int64]) -> Buffer:
    """Fill `out`; which entry stands where.

    rows    (n_rows + 1,)   row r holds the entries rows[r] <= e < rows[r + 1]
    steps   (n,)            the delay of each entry, >= 0
    Returns I32 (n,): the entries in their new order, by row, then by delay, the greatest first (so
    that the oldest events come first), then as before.

    Takes linear time, and little memory beside the results: some rows at a time.
    """
    n_rows, n = len(rows) - 1, len(steps)
    distinct = distinct_delays(steps)[::-1]
    n_delays = max(len(distinct), 1)
    n_words = -(-len(distinct) // 64)
    order = Buffer("entries", I32, n)
    masks = np.zeros((n_rows, n_words), np.uint64)
    counts = np.zeros((n_rows, n_words), np.int32)  # of segments
    starts: list[NDArray[np.int32]] = []
    row = 0
    while row < n_rows:
        last = max(row + 1, int(np.searchsorted(rows, rows[row] + _AT_ONCE, side="right")) - 1)
        last = min(last, n_rows, row + max(1, (1 << 31) // n_delays))
        part = slice(int(rows[row]), int(rows[last]))
        own_rows = np.arange(last - row, dtype=np.int32) * np.int32(n_delays)
        cell = np.repeat(own_rows, np.diff(rows[row : last + 1]))
        cell += _numbers(distinct, steps[part])
        moved = stable_order(cell)
        order.data[part] = moved + np.int32(part.start)
        cell = cell[moved]
        begins = np.flatnonzero(np.diff(cell, prepend=-1))
        starts.append((begins + part.start).astype(np.int32))
        found = cell[begins]
        found_row = found // np.int32(n_delays)
        _mark(masks[row:last], counts[row:last], found_row, found - found_row * np.int32(n_delays))
        row = last
    before = np.cumsum(counts) - counts.reshape(-1)
    out.steps.assign(distinct)
    out.masks.assign(masks.reshape(-1).view(np.int64))
    out.ranks.assign(before)
    out.starts.assign(np.concatenate([*starts, np.array([n], np.int32)]))
    return order


def _mark(
    masks: NDArray[np.uint64],
    counts: NDArray[np.int32],
    row: NDArray[np.int32],
    delay: NDArray[np.int32],
) -> None:
    """Set the bits of segments, and count them.

    masks, counts   (n_rows, n_words)
    row, delay      (n_segments,) where they are, ascending, and the numbers of their delays
    """
    words = row * np.int32(masks.shape[1]) + (delay >> 6)
    first = np.flatnonzero(np.diff(words, prepend=-1))
    if len(first):
        bits = np.uint64(1) << (delay & 63).astype(np.uint64)
        masks.reshape(-1)[words[first]] = np.bitwise_or.reduceat(bits, first)
        counts.reshape(-1)[words[first]] = np.diff(first, append=len(words))


def frozen_log(
    log: EventLog,
    window: tuple[int, int],
    step: int,
    delays: NDArray[np.int64],
    new_step: int,
    ratio: float,
) -> tuple[EventLog, NDArray[np.int64], int]:
    """A log of its own for what is under way, before delays or dt change.

    log      the events so far
    window   as in ir/domains.Events: events of steps before window[0] do not count, and nothing
             that is due from step window[1] on
    step     the next step, as counted in the log
    delays   (n,) distinct delays in steps: events of step s with s + d >= step are under way
    new_step, ratio   the next step in the new counting, and new steps for each old step
    Returns the log, the delays with which each event is read from it at the step nearest to its
    time, and the step from which on it is empty.
    """
    horizon = 1
    due: list[list[tuple[int, NDArray[np.int32]]]] = []
    reach = int(log.reach.data[0])
    for d in delays.tolist():
        back = min(d, reach, step - window[0])
        lists = logged_events(log, step, back) if back > 0 else []
        found = [
            (max(0, round((d - age) * ratio)), events)
            for age, events in zip(range(back, 0, -1), lists)
            if len(events) and step + d - age < window[1]
        ]
        horizon = max([horizon, *(x + 1 for x, _ in found)])
        due.append(found)
    # delay k is read `horizon` steps apart from delay k + 1, so that no two share a step
    read = 1 + horizon * (1 + np.arange(len(delays), dtype=np.int64))[::-1]
    buckets: dict[int, list[NDArray[np.int32]]] = {}
    for d, found in zip(read.tolist(), due):
        for x, events in found:
            buckets.setdefault(new_step + x - d, []).append(events)
    merged = {s: np.sort(np.concatenate(parts)) for s, parts in buckets.items()}
    return event_log_of(merged, int(read.max(initial=1)), new_step), read, new_step + horizon
