"""What monitors and synapses need of anything that makes events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, did_you_mean
from rheobase.ir.kernels import EventLog, Events, IndexList, Kernel, Push
from rheobase.ir.slots import Slot
from rheobase.model.base import SimulationObject, Work
from rheobase.model.clock import Clock
from rheobase.model.code import Block, CodeOwner, Runner
from rheobase.runtime import events

__all__ = ["EventSource", "SpikeFinder", "events_of", "spikes_of"]


class EventSource:
    """One kind of event of a group: the list of this step, and a log for those who ask for it.

    current   the elements at which the event happens in this step, ascending
    clock     the clock of the group
    when, order   where in the schedule the events are found
    time          name of the variable that says when: that of the step, or one of each element
    """

    def __init__(
        self, name: str, size: int, clock: Clock, when: str, order: int, time: str = "t"
    ) -> None:
        self.name = name
        self.time = time
        self.clock = clock
        self.when = when
        self.order = order
        self.current: IndexList = events.event_list(name, size)
        self.log: EventLog | None = None
        self._push: tuple[EventLog, Kernel] | None = None
        self._dt = clock.dt_

    def keep(self, steps: int) -> None:
        """From now on, keep the events of at least so many steps."""
        if steps > 0 and self.log is None:
            self.log = events.new_log(self.name)
            self._dt = self.clock.dt_
        if self.log is not None:
            events.set_reach(self.log, steps, self.clock.timestep)

    def follow_clock(self) -> None:
        """Begin a new log after the clock's dt has changed between runs.

        What is under way stays in the old one, which its pathways still have.
        """
        dt = self.clock.dt_
        if self.log is not None and dt != self._dt:
            self.log = events.new_log(self.name)
        self._dt = dt

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint: the events of this step, and those that are on their way."""
        count = int(self.current.count.data[0])
        state = {"current": self.current.indices.data[:count], "dt": np.array([self._dt])}
        if self.log is not None:
            state["entries"] = self.log.entries.data
            state["starts"] = self.log.starts.data
            state["reach"] = self.log.reach.data
        return state

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self.current.count.data[0] = len(state["current"])
        self.current.indices.data[: len(state["current"])] = state["current"]
        self._dt = float(state["dt"][0])
        self.log = events.new_log(self.name) if "entries" in state else None
        if self.log is not None:
            self.log.entries.assign(state["entries"])
            self.log.starts.assign(state["starts"])
            self.log.reach.assign(state["reach"])

    def delayed(self, delay: Slot) -> Events:
        """The events of delay[0] steps ago; `keep` that many."""
        if self.log is None:
            return Events(self.current)
        return Events(self.current, self.log, delay, self.clock.state.slots.step)

    def push(self) -> Kernel | None:
        """The kernel that puts this step's events into the log, if there is one."""
        if self.log is None:
            return None
        if self._push is None or self._push[0] is not self.log:
            domain = Push(self.current, self.log, self.clock.state.slots.step)
            self._push = self.log, Kernel(f"{self.name} log", domain)
        return self._push[1]


class SpikeFinder(Runner):
    """Finds the events of this step, and keeps them for those who ask for delayed ones.

    blocks   the first finds the events, others follow at once
    """

    def __init__(
        self,
        owner: CodeOwner,
        events: EventSource,
        blocks: Callable[[], Sequence[Block]],
        name: str,
    ) -> None:
        super().__init__(
            owner, name, blocks, when=events.when, order=events.order, clock=events.clock
        )
        self.events = events

    def work(self) -> Sequence[Work]:
        return [*super().work(), *self.idle_work()]

    def idle_work(self) -> Sequence[Work]:
        """The log goes on: what it holds of earlier steps is still to be delivered."""
        push = self.events.push()
        return [Work(push)] if push else []

    def before_run(self, n_steps: int) -> None:
        if not self.active:
            self.events.current.count.data[0] = 0  # those of the last active step


def spikes_of(group: Any, label: str) -> EventSource:
    """The spikes of a group; `label` is who wants them.

    Raises ModelTypeError for what can never spike, ModelValueError for neurons without threshold.
    """
    return events_of(group, "spike", label)


def events_of(group: Any, event: str, label: str) -> EventSource:
    """One kind of event of a group; `label` is who wants it.

    Raises ModelTypeError for what can never have events, ModelValueError for a group without it.
    """
    sources: dict[str, EventSource] | None = getattr(group, "__dict__", {}).get("event_sources")
    if sources is None:
        what = group.label if isinstance(group, SimulationObject) else repr(group)
        raise ModelTypeError(f"{label}: {what} makes no spikes")
    if event in sources:
        return sources[event]
    if event == "spike":
        raise ModelValueError(
            f"{label}: {group.label} makes no spikes, since it has no threshold; "
            "give it one, such as threshold='v > -50*mV'"
        )
    near = did_you_mean(event, sources)
    raise ModelValueError(f"{label}: {group.label} has no event '{event}'. {near}".rstrip())
