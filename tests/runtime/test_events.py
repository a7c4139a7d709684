"""Event logs keep what happened, through growth, longer reaches and changes of dt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.domains import Part, Push
from rheobase.ir.dtypes import I64
from rheobase.ir.kernels import Kernel
from rheobase.ir.program import Call, Program
from rheobase.ir.slots import Slot
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import RunHooks, execute
from rheobase.runtime.events import event_list, logged_events, new_log, set_reach

event_lists = st.lists(st.sets(st.integers(0, 1999), max_size=8).map(sorted), max_size=40)


class Run:
    """Pushes lists of events into a log, one list a step."""

    def __init__(self):
        self.clock = ClockState(1e-4)
        self.events = event_list("test", 2000)
        self.log = new_log("test")
        kernel = Kernel("push", Push(self.events, self.log, self.clock.slots.step))
        self.program = Program((Call(kernel, 0),), (self.clock.slots,))
        self.executable = ReferenceBackend().compile(self.program)

    def push(self, events):
        self.events.count.data[0] = len(events)
        self.events.indices.data[: len(events)] = events
        self.clock.slots.end.data[0] = self.clock.step + 1
        execute(self.program, self.executable, RunHooks({}))

    def logged(self, back):
        return [list(x) for x in logged_events(self.log, self.clock.step, back)]


@given(event_lists, st.integers(1, 10))
def test_a_log_returns_the_events_of_the_last_steps(lists, reach):
    run = Run()
    set_reach(run.log, reach, 0)
    for events in lists:
        run.push(events)
    padded = [[]] * reach + lists
    assert run.logged(reach) == [list(x) for x in padded[-reach:]]


@given(event_lists, st.lists(st.integers(0, 12), min_size=1, max_size=5))
def test_events_survive_growing_reach(lists, reaches):
    run = Run()
    set_reach(run.log, 1, 0)
    kept = 1
    for k, events in enumerate(lists):
        if k % 7 == 3:
            set_reach(run.log, reaches[k % len(reaches)], run.clock.step)
        kept = min(kept + 1, int(run.log.reach.data[0]))
        run.push(events)
    assert run.logged(kept) == [list(x) for x in ([[]] * kept + lists)[-kept:]]


def test_a_log_grows_when_many_spike_at_once():
    run = Run()
    set_reach(run.log, 5, 0)
    lists = [list(range(k, 2000)) for k in range(9)]
    for events in lists:
        run.push(events)
    assert run.logged(5) == lists[-5:]


def test_an_untouched_log_is_empty_before_the_first_step():
    run = Run()
    set_reach(run.log, 3, 0)
    assert [len(x) for x in logged_events(run.log, 0, 3)] == [0, 0, 0]
    assert np.all(run.log.starts.data == 0)


@pytest.mark.parametrize("backend", [ReferenceBackend(), LlvmBackend()], ids=lambda b: b.name)
def test_a_log_of_a_part_keeps_the_events_of_that_part(backend):
    """Events 5 <= k < 9 of random lists."""
    rng, clock, events, log = (
        np.random.default_rng(2),
        ClockState(1e-4),
        event_list("test", 20),
        new_log("test"),
    )
    part = Part(Slot("first", I64, fill=5), Slot("size", I64, fill=4))
    program = Program(
        (Call(Kernel("push", Push(events, log, clock.slots.step, part)), 0),), (clock.slots,)
    )
    executable = backend.compile(program)
    set_reach(log, 30, 0)
    lists = [np.flatnonzero(rng.random(20) < 0.3) for _ in range(30)]
    for listed in lists:
        events.count.data[0] = len(listed)
        events.indices.data[: len(listed)] = listed
        clock.slots.end.data[0] = clock.step + 1
        execute(program, executable, RunHooks({}))
    wanted = [[k for k in listed if 5 <= k < 9] for listed in lists]
    assert [x.tolist() for x in logged_events(log, 30, 30)] == wanted
