"""What monitors and synapses need of anything that makes events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, did_you_mean
from rheobase.ir.domains import Chosen, EventLog, Events, IndexList, Part, Push
from rheobase.ir.dtypes import I64
from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.model.base import SimulationObject, Work
from rheobase.model.clock import Clock
from rheobase.model.code import Block, CodeOwner, Runner
from rheobase.runtime import events

__all__ = ["EventSource", "SpikeFinder", "events_of", "spikes_of"]


class EventSource:
    """One kind of event of a group: the list of this step, and logs for those who ask for delayed
    ones. Those who want a part of the group have a log of that part, so that what a step has for
    them is known without a look at the events.

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
        self._logs: dict[str, EventLog] = {}  # by part: see _key
        self._pushes: dict[str, tuple[EventLog, Kernel]] = {}
        self._dt = clock.dt_

    def log(self, part: Part) -> EventLog | None:
        """Where the events of a part are kept, if they are."""
        return self._logs.get(self._key(part))

    def _key(self, part: Part) -> str:
        """'' for parts that have no log of their own."""
        first, size = int(part.first.data[0]), int(part.size.data[0])
        whole = isinstance(part, Chosen) or size >= len(self.current.indices)
        return "" if whole else f"{first}:{first + size}"

    def keep(self, steps: int, part: Part) -> None:
        """From now on, keep the events of a part of at least so many steps."""
        key = self._key(part)
        if steps > 0 and key not in self._logs:
            self._logs[key] = events.new_log(self.name)
            self._dt = self.clock.dt_
        if key in self._logs:
            events.set_reach(self._logs[key], steps, self.clock.timestep)

    def follow_clock(self) -> None:
        """Begin new logs after the clock's dt has changed between runs.

        What is under way stays in the old ones, which its pathways still have.
        """
        dt = self.clock.dt_
        if dt != self._dt:
            self._logs = {key: events.new_log(self.name) for key in self._logs}
        self._dt = dt

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint: the events of this step, and those that are on their way."""
        count = int(self.current.count.data[0])
        state = {"current": self.current.indices.data[:count], "dt": np.array([self._dt])}
        for key, log in self._logs.items():
            state[f"entries {key}"] = log.entries.data
            state[f"starts {key}"] = log.starts.data
            state[f"reach {key}"] = log.reach.data
        return state

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self.current.count.data[0] = len(state["current"])
        self.current.indices.data[: len(state["current"])] = state["current"]
        self._dt = float(state["dt"][0])
        self._logs = {}
        for name in state:
            if name.startswith("entries "):
                key = name.removeprefix("entries ")
                self._logs[key] = log = events.new_log(self.name)
                log.entries.assign(state[name])
                log.starts.assign(state[f"starts {key}"])
                log.reach.assign(state[f"reach {key}"])

    def delayed(self, delay: Slot, part: Part) -> Events:
        """The events of a part of delay[0] steps ago; `keep` that many."""
        log = self.log(part)
        if log is None:
            return Events(self.current)
        return Events(self.current, log, delay, self.clock.state.slots.step)

    def pushes(self) -> list[Kernel]:
        """The kernels that put this step's events into the logs."""
        found: dict[str, tuple[EventLog, Kernel]] = {}
        for key, log in self._logs.items():
            made = self._pushes.get(key)
            found[key] = made if made and made[0] is log else (log, self._push(key, log))
        self._pushes = found
        return [kernel for _, kernel in found.values()]

    def _push(self, key: str, log: EventLog) -> Kernel:
        part = None
        if key:
            first, end = map(int, key.split(":"))
            part = Part(Slot("first", I64, fill=first), Slot("size", I64, fill=end - first))
        step = self.clock.state.slots.step
        return Kernel(f"{self.name} log {key}".rstrip(), Push(self.current, log, step, part))


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

    def _work(self) -> Sequence[Work]:
        return [*super()._work(), *self._idle_work()]

    def _idle_work(self) -> Sequence[Work]:
        """The log goes on: what it holds of earlier steps is still to be delivered."""
        return [Work(push) for push in self.events.pushes()]

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
    sources: dict[str, EventSource] | None = getattr(group, "__dict__", {}).get("_event_sources")
    if sources is None:
        what = group._label if isinstance(group, SimulationObject) else repr(group)
        raise ModelTypeError(f"{label}: {what} makes no spikes")
    if event in sources:
        return sources[event]
    if event == "spike":
        raise ModelValueError(
            f"{label}: {group._label} makes no spikes, since it has no threshold; "
            "give it one, such as threshold='v > -50*mV'"
        )
    near = did_you_mean(event, sources)
    known = ", ".join(f"'{e}'" for e in sources) or "none"
    message = f"{label}: {group._label} has no event '{event}'; the events that it has: {known}."
    raise ModelValueError(f"{message} {near}".rstrip())
