"""Pathways: what events of one side do to the synapses that they reach, and when."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError
from rheobase.ir.domains import DelayRows, Deliver, Events, Index, Part, Propagate, Python
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, names_in
from rheobase.model.base import Work
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Block, CodeOwner, Runner, listed
from rheobase.model.connect import reaches
from rheobase.model.connections import Connections
from rheobase.model.delays import Delays, DelayView
from rheobase.model.driven import DrivenVariables
from rheobase.model.group import Group
from rheobase.model.listings import Added, Free, Segments, rearranged
from rheobase.model.room import GONE
from rheobase.model.spikes import EventSource
from rheobase.model.variables import Meaning, Variable
from rheobase.model.views import ViewOwner
from rheobase.model.ways import ALWAYS, Way, Ways, in_order
from rheobase.runtime.arrivals import Arrivals, entries_of_rows
from rheobase.runtime.delays import delay_rows, distinct_delays, group_by_delay, whole_steps
from rheobase.runtime.order import gathered
from rheobase.topics import topic

__all__ = ["PathwayOwner", "SynapticPathway"]


class PathwayOwner(CodeOwner, ViewOwner, Protocol):
    """The synapses that a pathway belongs to."""

    name: str
    source: Group
    target: Group
    variables: MutableMapping[str, Variable]
    clock: Clock
    order: int
    _driven: DrivenVariables

    @property
    def _connections(self) -> Connections: ...

    @property
    def _label(self) -> str: ...

    @property
    def _rows_ascend(self) -> bool:
        """Whether others ascend in each row, at all times."""
        ...

    @property
    def _standing(self) -> Connections:
        """Where the synapses are, be they compressed or held apart."""
        ...

    @property
    def _first_steps(self) -> Slot | None:
        """(n,) by entry: the first step that each takes part in; None: all that there are."""
        ...

    def _present(self) -> tuple[NDArray[np.int64], int | None]:
        """The entries at which synapses stand, and one at which none ever does, if there is any."""
        ...

    def _guarded(
        self, block: Block, clock: Clock, lag: Slot | None = None, born: Slot | None = None
    ) -> Block:
        """The block, for those synapses that were there so many steps ago."""
        ...

    def _reached(self, side: Index, far: bool = True) -> tuple[Slot, Slot, Slot | None]:
        """Rows by neuron of a side, the neurons on the other, and the synapses of the entries."""
        ...


class SynapticPathway(Runner):
    """What events of one side do to the synapses that they reach: `S.pre`, `S.post`.

    delay    from the event to the statements: a time, or one for each synapse; whole steps count.
             It may change at any time, in a run too. Events that are under way when delays, dt or
             connections change arrive as they would have.
    when, order   where in the step the statements run
    event    the name of the event

    Its length is the number of synapses, and their variables are its own: `S.pre.i`, `S.pre.w`.
    """

    def __init__(
        self,
        synapses: PathwayOwner,
        name: str,
        statements: tuple[Assign, ...],
        side: Index,
        events: EventSource,
        event: str,
        delay: Any,
    ) -> None:
        super().__init__(
            synapses,
            f"{synapses.name}_{name}",
            self._make_blocks,
            when="synapses",
            order=synapses.order + (-1 if side is Index.PRE else 1),
            clock=events.clock,
        )
        self.synapses = synapses
        self.side = side
        self.events = events
        self.event = event
        self.statements = statements
        self.delays = Delays(synapses, fixed=delay is not None)
        if delay is not None:
            self.delays.set_all(self._checked(delay))
        self._arrivals = Arrivals()  # used where code changes delays
        self._arrive: Work | None = None
        self._rows: tuple[Slot, Slot, Slot | None] | None = None  # of its side, likewise
        self._ways = Ways(self)
        self._has_warned = False
        self._reads_across = False  # once it has, so that its rows stay

    def __len__(self) -> int:
        return self.synapses._view_size()

    def __bool__(self) -> bool:
        return True  # also without synapses

    def __getattr__(self, name: str) -> Any:
        synapses = self.__dict__.get("synapses")
        if synapses is not None and name in synapses.variables:
            return getattr(synapses, name)
        raise AttributeError(f"'{type(self).__name__}' has no attribute '{name}'")

    @property
    def source(self) -> Group:
        """The group whose events run the statements."""
        return self.synapses.source if self.side is Index.PRE else self.synapses.target

    @property
    def target(self) -> Group:
        """The group on the other side."""
        return self.synapses.target if self.side is Index.PRE else self.synapses.source

    @property
    def reaches_far(self) -> bool:
        """Whether the statements look at the neurons on the other side."""
        self._reads_across |= self.synapses._driven.reads_across(self)
        if self._reads_across:
            return True
        far = Index.POST if self.side is Index.PRE else Index.PRE
        statements = self.synapses._driven.at_event(self.statements)
        names = {s.target for s in statements}.union(*(names_in(s.value) for s in statements))
        for name in names:
            found = self.synapses._meaning(name, {})
            if isinstance(found, Meaning):
                if reaches(found.binding, far):
                    return True
            elif name in self.synapses._known_names():
                return True  # through a constant that is not known here, perhaps
        return False

    @property
    def delay(self) -> DelayView:
        """The time from an event to the statements, for each synapse or for all."""
        return self.delays.view()

    @delay.setter
    def delay(self, value: Any) -> None:
        view = self.delays.view()
        if not view.is_same(value):
            view.set_item(slice(None), value)

    @property
    def delay_(self) -> DelayView:
        """The same in seconds."""
        return self.delays.view(with_unit=False)

    @delay_.setter
    def delay_(self, value: Any) -> None:
        view = self.delays.view(with_unit=False)
        if not view.is_same(value):
            view.set_item(slice(None), value)

    def _checked(self, value: Any) -> float:
        number = seconds(value, f"{self.synapses._label}: delay")
        if number < 0:
            raise ModelValueError(f"{self.synapses._label}: delay cannot be negative ({value})")
        return number

    # ------------------------------------------------------------ running
    @property
    def _span(self) -> Part:
        """The neurons whose events they are."""
        return self.source._span

    @property
    def _first_steps(self) -> Slot | None:
        """(n,) by entry: the first step that each takes part in; None: all that there are."""
        return self.synapses._first_steps

    def is_current(self, way: Way) -> bool:
        """Whether delays, dt and connections are still those that a way was made for."""
        return (
            not self.delays.by_code
            and way.dt == self.clock.dt_
            and way.created <= self.clock.timestep
            and way.key == self._key()
        )

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        self._check_clocks()
        self._ways.freeze()
        if self.delays.by_code:
            self._rows = self.synapses._reached(self.side, False)
        elif self._ways.live is None:
            self._ways.live = self._new_way(self.clock.timestep)
        super()._prepare(namespace)

    def _key(self) -> tuple[object, ...]:
        ascending = self.synapses._rows_ascend
        version = self.synapses._connections.version
        self._reads_across |= self.synapses._driven.reads_across(self)
        log = id(self.events.log(self.source._span))
        far = self._reads_across and self.side is Index.POST  # else targets are known anyway
        return (self.delays.key(), version, ascending, log, far)

    # ------------------------------------------------------------ changes during a run
    @property
    def may_be_held_apart(self) -> bool:
        """Whether it can follow changes in place."""
        if self.clock is not self.synapses.clock:
            return False
        if self.delays.by_code:
            return True
        way, standing = self._ways.live, self.synapses._standing
        if way is None or (self.delays.key(), standing.version) != way.key[:2]:
            return False
        n_rows = int(self.source._span.size.data[0])
        return way.segments is None or way.segments.may_have_room(n_rows, len(standing))

    def entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """During a run: what was entry e is moved[e] of n, or no more (-1)."""
        self.renumber(moved, n)
        way = self._ways.live
        if way is not None and way.segments is not None:
            assert way.born is not None
            way.born.assign(rearranged(way.born.data, moved, n, GONE))
            self._fill(way.segments)

    def _fill(self, segments: Segments) -> None:
        """List the entries of all synapses that there are."""
        entries, free = self.synapses._present()
        rows, others = self._sides(
            self.synapses._standing.sources_of(entries),
            self.synapses._standing.targets.data[entries],
        )
        steps = self.delays.steps_of(entries, self.clock.dt_)
        n_rows = int(self.source._span.size.data[0])
        if free is not None:
            free = Free(free, int(self.target._span.first.data[0]))
        segments.fill_rows(rows, n_rows, steps, entries, others, free)

    def _sides(
        self, sources: NDArray[Any], targets: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """(n,) the rows of its own, and the neurons on the other side, of rows and targets."""
        if self.side is Index.PRE:
            return sources, targets
        own, far = (int(g._span.first.data[0]) for g in (self.source, self.target))
        return targets.astype(np.int64) - own, sources + far

    def may_list(self, added: Added) -> bool:
        """Put new synapses into its lists; False: there is no room, and all must be listed anew."""
        way, slot, dt = self._ways.live, self.delays.slot, self.clock.dt_
        if way is None or way.segments is None or way.born is None:
            return True
        delays = np.broadcast_to(added.values.get(slot, 0.0), len(added.entries))
        steps = whole_steps(delays, dt)
        connections = self.synapses._standing
        rows, others = self._sides(added.sources, added.targets)
        cells = way.segments.cells(rows, steps)
        if cells is None:
            return False
        before, _ = self._sides(
            connections.sources_of(added.left), connections.targets.data[added.left]
        )
        left = way.segments.cells(before, self.delays.steps_of(added.left, dt))
        assert left is not None
        way.born.data[added.entries] = added.born + steps
        return way.segments.add(cells, added.entries, others, left, added.left)

    def entries_removed(self, entries: NDArray[np.int64]) -> None:
        """During a run: nothing arrives at some entries any more."""
        for way in self._ways.everything():
            if way.born is not None:
                way.born.data[entries] = GONE

    def _work(self) -> Sequence[Work]:
        if not self.delays.by_code:
            return super()._work()
        if self._arrive is None:
            self._arrive = Work(Kernel(f"{self.name} arrivals", Python()), self._send_and_receive)
        return [self._arrive, *super()._work()]

    def _idle_work(self) -> Sequence[Work]:
        """Events set out all the same: they may arrive when it is active again."""
        return self._work()[:1] if self.delays.by_code else ()

    def _send_and_receive(self) -> None:
        """Put the events of this step down at their synapses; see which are due."""
        span, step, connections = self.source._span, self.clock.timestep, self.synapses._standing
        self._arrivals.count_in(self.clock.dt_, self.clock.t_, step)
        found = self.events.current
        events = found.indices.data[: found.count.data[0]] - int(span.first.data[0])
        events = events[(events >= 0) & (events < span.size.data[0])]
        if len(events):
            assert self._rows is not None
            rows, _, synapses = self._rows
            entries = entries_of_rows(rows.data, events)
            own = entries if synapses is None else synapses.data[entries]
            if self.synapses._first_steps is not None:
                own = own[self.synapses._first_steps.data[own] <= step]
            self._arrivals.add(step + self.delays.steps_of(own, self.clock.dt_), own)
        due = self._arrivals.take(step)
        if len(due) or self._arrivals.due.count.data[0]:
            first = int(self.synapses.source._span.first.data[0])
            sources = connections.sources_of(due) + first
            self._arrivals.hand_over(due, sources, connections.targets.data[due])

    def _restored(self) -> None:
        super()._restored()
        if self._ways.back >= 0:
            now = self.clock.timestep
            self._ways.live = self._new_way(now, now - self._ways.back)

    def _check_clocks(self) -> None:
        source, target = self.source.clock, self.target.clock
        if source.dt_ != target.dt_ and not self._has_warned:
            self._has_warned = True
            topic("synapses_dt_mismatch").warning(
                "%s: the source has dt = %s, the target %s. Delays are whole steps of the source.",
                self.synapses._label,
                source.dt,
                target.dt,
            )

    def _new_way(self, now: int, since: int | None = None) -> Way:
        """A way of the present delays and connections, for events of steps from `since` on."""
        since = now if since is None else since
        steps = self.delays.steps(self.clock.dt_)
        distinct = distinct_delays(steps)
        greatest = int(distinct.max(initial=0))
        room = self.synapses._first_steps is not None
        by_delay = len(distinct) > 1 or (room and self.delays.separate)
        part, reach = self.source._span, max(greatest, int(by_delay))
        self.events.keep(reach, part)
        rows, others, synapses = self.synapses._reached(self.side, self.reaches_far)
        delays: DelayRows | None = None
        segments, born = None, None
        if by_delay:
            delays = delay_rows()
            by_entry = steps if synapses is None else gathered(steps, synapses.data)
            order = group_by_delay(delays, rows.data, by_entry)
            del steps, by_entry
            entries = order if synapses is None else in_order(synapses, order)
            others = entries if others is synapses else in_order(others, order)
            synapses = entries
        if room and delays is not None:
            assert synapses is not None
            segments = Segments(delays, synapses, others)
            born = Slot("born", I32, len(self.delays.slot))
            if since < now:
                assert self.synapses._first_steps is not None
                born.data[:] = self.synapses._first_steps.data + self.delays.steps(self.clock.dt_)
        events = self._events(reach, since)
        ascending = self.synapses._rows_ascend
        domain = Propagate(events, part, self.side, rows, others, synapses, delays, ascending)
        lag = Slot("lag", I64, fill=greatest if delays is None else 0)
        return Way(domain, distinct, self.clock.dt_, self._key(), now, lag, born, segments)

    def _events(self, steps: int, since: int) -> Events:
        if steps == 0:
            return Events(self.events.current)
        window = Slot("window", I64, 2)
        window.data[:] = (since, ALWAYS)
        delay = Slot("delay", I64, fill=steps)
        return replace(self.events.delayed(delay, self.source._span), window=window)

    def listing(self) -> list[str]:
        return listed(self.statements)

    def _make_blocks(self) -> Sequence[Block]:
        ways = self._ways.everything()
        local = self.local_names()
        domains: list[tuple[Propagate | Deliver, Slot | None, Slot | None]]
        domains = [(w.domain, w.lag, w.born) for w in ways]
        if self.delays.by_code:
            domains.append((self._arrivals.due, None, None))
        blocks = [
            (block, lag, born)
            for d, lag, born in domains
            for block in self.synapses._driven.blocks(
                self, Block(self.name, d, self.statements, scatters=True, local=local)
            )
        ]
        return tuple(self.synapses._guarded(b, self.clock, lag, born) for b, lag, born in blocks)

    def local_names(self) -> Mapping[str, Meaning]:
        """What has a meaning of its own in the code."""
        return {"delay": self.delays.meaning()}

    @property
    def has_one_way(self) -> bool:
        """Whether an event reaches all synapses of its neuron at the same time."""
        several = self.delays.separate or self.delays.by_code or self._ways.frozen or self._ways.old
        return not several and self.clock is self.synapses.clock

    # ------------------------------------------------------------ what is under way
    def keep_what_is_under_way(self) -> None:
        """Called before entries move; see Ways."""
        self._ways.keep_what_is_under_way()

    def renumber(self, moved: NDArray[Any], n: int) -> None:
        """The synapse that was entry e is entry moved[e] of n now, or no more."""
        self._arrivals.renumber(moved)
        self._ways.renumber(moved, n)
