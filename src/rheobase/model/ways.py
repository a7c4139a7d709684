"""Ways: how the events of a pathway reach synapses, and what is under way on them.

Between runs, and during one, delays, dt and the synapses themselves may change; what is under way
then arrives as it would have. So a way is never changed in that: what is under way gets a way of
its own, with rows and a log that nobody else has, and new events take a new way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import EventLog, Events, Index, IndexList, Part, Propagate
from rheobase.ir.dtypes import I32, I64, U16
from rheobase.ir.slots import Slot
from rheobase.model.clock import Clock
from rheobase.model.listings import Segments, rearranged
from rheobase.model.room import GONE
from rheobase.records import record
from rheobase.runtime.delays import delay_rows, frozen_log
from rheobase.runtime.events import new_log
from rheobase.runtime.order import gathered

__all__ = ["ALWAYS", "Way", "WayOwner", "Ways", "filled", "in_order"]

ALWAYS = 1 << 62  # a step that never comes


@record
class Way:
    """How events reach synapses.

    domain    what is propagated
    delays    distinct delays in steps
    dt        of those steps, in seconds
    key       of the delays and connections that this was made for
    created   the step in which it was made
    lag       from event to arrival, in the steps of this dt: one number, 0 where delays differ
    born      (n,) by entry: with the lag, the first step in which something may arrive; None: that
              of the synapses
    segments  the lists of entries by row and delay
    """

    domain: Propagate
    delays: NDArray[np.int64]
    dt: float
    key: tuple[object, ...]
    created: int
    lag: Slot
    born: Slot | None = None
    segments: Segments | None = None

    @property
    def log(self) -> EventLog | None:
        return self.domain.events.log

    @property
    def window(self) -> tuple[int, int]:
        window = self.domain.events.window
        return (0, ALWAYS) if window is None else (int(window.data[0]), int(window.data[1]))


class WayOwner(Protocol):
    """The pathway that has some ways."""

    clock: Clock
    side: Index

    @property
    def _span(self) -> Part:
        """The neurons whose events they are."""
        ...

    @property
    def _first_steps(self) -> Slot | None:
        """(n,) by entry: the first step that each takes part in; None: all that there are."""
        ...

    def is_current(self, way: Way) -> bool:
        """Whether delays, dt and connections are still those that it was made for."""
        ...


class Ways:
    """All ways of a pathway.

    live     that of new events
    frozen   what is under way, with rows and a log of its own
    old      rows of before the last change: what is under way on them is found before the next step
    back     after a checkpoint was put back: how many steps before it the events are from that are
             under way with the delays and connections of now; -1: none are
    """

    def __init__(self, owner: WayOwner) -> None:
        self._owner = owner
        self.live: Way | None = None
        self.frozen: list[Way] = []
        self.old: list[Way] = []
        self.back = -1

    def everything(self) -> list[Way]:
        return [*self.frozen, *self.old, *([self.live] if self.live else [])]

    def keep_what_is_under_way(self) -> None:
        """Called before entries move: keep the rows of now for what is under way.

        Which events that is, is seen before the next step: some may happen in the present one.
        """
        if self.live is not None and self.live.log is not None:
            self.old.append(apart(self.live, self._owner._first_steps))
        self.live = None

    def freeze(self) -> None:
        """Before a step: what is under way on ways that are not of now gets ways of its own."""
        clock = self._owner.clock
        now, dt = clock.timestep, clock.dt_
        old, self.old = self.old, []
        there = [w for w in self.frozen if w.dt != dt or w.created <= now < w.window[1]]
        self.frozen = [w for w in there if w.dt == dt]
        old += [w for w in there if w.dt != dt]
        if self.live is not None and not self._owner.is_current(self.live):
            old.append(self.live)
            self.live = None
        for way in old:
            self.frozen += frozen(way, clock, self._owner._first_steps)

    def renumber(self, moved: NDArray[Any], n: int) -> None:
        """What was entry e is entry moved[e] of n now, or no more (-1)."""
        for way in (*self.frozen, *self.old):
            renumber(way, moved, n)

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        owner = self._owner
        now, dt = owner.clock.timestep, owner.clock.dt_
        under_way = [w for w in self.frozen if w.dt != dt or w.created <= now < w.window[1]]
        under_way += self.old
        back, live = -1, self.live
        if live is not None and owner.is_current(live):
            back = 0 if live.log is None else now - live.window[0]
        elif live is not None and live.log is not None:
            under_way.append(apart(live, owner._first_steps))
        state = {"back": np.array([back, len(under_way)])}
        for k, way in enumerate(under_way):
            state |= {f"{k} {name}": values for name, values in saved(way).items()}
        return state

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self.live, self.frozen, self.old = None, [], []
        self.back, n = state["back"].tolist()
        for k in range(n):
            start = f"{k} "
            own = {x.removeprefix(start): v for x, v in state.items() if x.startswith(start)}
            self.old.append(unsaved(own, self._owner._span, self._owner.side))


def renumber(way: Way, moved: NDArray[Any], n: int) -> None:
    """What was entry e is entry moved[e] of n now, or no more (-1)."""
    domain = way.domain
    if way.born is not None:
        way.born.assign(rearranged(way.born.data, moved, n))
    assert domain.synapses is not None
    numbers = moved[domain.synapses.data]
    kept = numbers >= 0
    domain.synapses.assign(numbers[kept])
    if kept.all():
        return
    domain.others.assign(domain.others.data[kept])
    before = np.concatenate([[0], np.cumsum(kept)])  # entries that stay, before each
    domain.rows.data[:] = before[domain.rows.data]
    if domain.delays is not None:
        domain.delays.starts.data[:] = before[domain.delays.starts.data]


def frozen(way: Way, clock: Clock, all_born: Slot | None) -> list[Way]:
    """What is under way on a way, as a way of its own; none if there is nothing.

    all_born   the first step in which each synapse takes part, in the new steps
    """
    domain = way.domain
    if way.log is None:
        return []
    step, ratio = round(clock.t_ / way.dt), way.dt / clock.dt_
    # in the order in which the way walks them
    delays = way.delays if domain.delays is None else domain.delays.steps.data
    log, read, until = frozen_log(way.log, way.window, step, delays, clock.timestep, ratio)
    if not log.starts.data.any():
        return []
    window = Slot("window", I64, 2)
    window.data[:] = (-ALWAYS, until)
    current = IndexList(Slot("no events", I32, 0), Slot("no events", I64))
    delay = Slot("delay", I64, fill=int(read[0]))
    own = replace(
        _own_rows(domain),
        events=Events(current, log, delay, clock.state.slots.step, window),
        delays=domain.delays and replace(domain.delays, steps=filled("delays", read, I64)),
    )
    lag = Slot("lag", I64, fill=round(int(way.lag.data[0]) * ratio))
    born = None if all_born is None else filled("born", all_born.data)
    if way.born is not None:
        gone = way.born.data == GONE
        born = filled("born", np.where(gone, GONE, np.rint(way.born.data * ratio)))
    return [Way(own, read, clock.dt_, (), clock.timestep, lag, born)]


def apart(way: Way, all_born: Slot | None) -> Way:
    """A way with rows of its own, which nobody changes."""
    born = all_born if way.born is None else way.born
    own = None if born is None else filled("born", born.data)
    return replace(way, domain=_own_rows(way.domain), born=own, segments=None)


def _own_rows(domain: Propagate) -> Propagate:
    entries = np.arange(len(domain.others)) if domain.synapses is None else domain.synapses.data
    return replace(
        domain,
        rows=filled("rows", domain.rows.data, I64),
        others=filled("others", domain.others.data, domain.others.dtype),
        synapses=filled("entries", entries),
    )


def in_order(slot: Slot, order: Slot) -> Slot:
    return filled(slot.name, gathered(slot.data, order.data), slot.dtype)


def filled(name: str, values: NDArray[Any], dtype: Any = I32) -> Slot:
    slot = Slot(name, dtype, 0)
    slot.assign(values)
    return slot


# ------------------------------------------------------------------ checkpoints
def saved(way: Way) -> dict[str, NDArray[Any]]:
    """All that `unsaved` makes the way of again."""
    return {
        "lag": way.lag.data,
        "numbers": np.array([way.created, *way.window]),
        "dt": np.array([way.dt]),
        "delays": way.delays,
        **{name: slot.data for name, slot in _slots_of(way)},
    }


def unsaved(state: Mapping[str, NDArray[Any]], part: Part, side: Index) -> Way:
    """The way that was saved, of a pathway whose events are those of a part."""
    created, since, until = state["numbers"].tolist()
    log, window = new_log("under way"), filled("window", np.array([since, until]), I64)
    current = IndexList(Slot("no events", I32, 0), Slot("no events", I64))
    wide = U16 if state["others"].dtype == np.uint16 else I32
    domain = Propagate(
        Events(current, log, Slot("delay", I64), Slot("step", I64), window),
        part,
        side,
        Slot("rows", I64, 0),
        Slot("others", wide, 0),
        Slot("entries", I32, 0),
        delay_rows() if "steps" in state else None,
        ascending=False,
    )
    born = Slot("born", I32, 0) if "born" in state else None
    lag = filled("lag", state["lag"], I64)
    way = Way(domain, state["delays"], float(state["dt"][0]), (), created, lag, born)
    for name, slot in _slots_of(way):
        slot.assign(state[name])
    return way


def _slots_of(way: Way) -> Iterator[tuple[str, Slot]]:
    domain, log = way.domain, way.log
    assert domain.synapses is not None
    assert log is not None
    yield from (("rows", domain.rows), ("others", domain.others), ("synapses", domain.synapses))
    yield from (("entries", log.entries), ("starts", log.starts), ("reach", log.reach))
    if domain.delays is not None:
        d = domain.delays
        yield from (
            ("steps", d.steps),
            ("masks", d.masks),
            ("ranks", d.ranks),
            ("segments", d.starts),
        )
    if way.born is not None:
        yield "born", way.born
