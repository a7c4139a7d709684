"""What the objects of a network become before they run: work in order, a program, native code."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from rheobase import devices
from rheobase.errors import Fault, ModelError, raise_faults
from rheobase.ir.kernels import Kernel
from rheobase.ir.passes.fuse import fuse_calls
from rheobase.ir.passes.rewrite import written
from rheobase.ir.program import Call, Executable, Program
from rheobase.ir.slots import Slot
from rheobase.members import Members
from rheobase.model.base import SimulationObject, Work
from rheobase.model.clock import Clock
from rheobase.model.code import Runner
from rheobase.model.spikes import EventSource
from rheobase.preference_names import prefs
from rheobase.runtime.backends import active_backend
from rheobase.runtime.rewind import Rewind, rewind_of
from rheobase.topics import topic

__all__ = ["Pair", "Preparation", "give_streams"]

Pair = tuple[SimulationObject, Work]


class Preparation:
    """What is kept of a network from run to run, so that an unchanged one is not compiled again.

    It does not hold the network, so that one that nobody needs any more goes at once.
    """

    def __init__(self) -> None:
        self._arrangement: tuple[object, ...] | None = None  # of the objects, when last checked
        self._has_taken = False  # whether all of them are this network's
        self._order: Sequence[int] = ()  # in which they run within a step
        self._key: tuple[object, ...] | None = None
        self._program: Program | None = None
        self._executable: Executable | None = None
        self._calls: tuple[Call, ...] = ()
        self._rewind: Rewind | None = None
        self._rewind_key: Program | None = None
        self._seen: list[Kernel] = []  # whose writes have been looked at

    def prepare(
        self,
        network: Members,
        objects: Sequence[SimulationObject],
        t: float,
        namespace: Mapping[str, Any],
    ) -> tuple[Sequence[Pair], Sequence[Clock]]:
        """Work in the order of a step, and the clocks that it follows, for a run from t (s).

        objects   all that the network holds now
        Raises ModelError with everything that is wrong with the model.
        """
        work, clocks = self._prepare(network, objects, t, namespace)
        if self._finds_written(objects, work):
            return self._prepare(network, objects, t, namespace)
        return work, clocks

    def _prepare(
        self,
        network: Members,
        objects: Sequence[SimulationObject],
        t: float,
        namespace: Mapping[str, Any],
    ) -> tuple[Sequence[Pair], Sequence[Clock]]:
        active = self._check_members(network, objects)
        for x in objects:
            if type(x)._settle is not SimulationObject._settle:
                x._settle()
        for clock in {id(x.clock): x.clock for x in objects}.values():
            clock.state.set_time(t, clock.name)
        for x in objects:
            sources: dict[str, EventSource] = x._event_sources
            for source in sources.values():
                source.follow_clock()
        faults: list[Fault] = []
        for x in compress(objects, active):
            try:
                x._prepare(namespace)
            except Exception as error:
                faults += _faults_of(x, error)
        raise_faults(faults)
        self._take(network, objects)
        _check_schedule_of_device(network)
        ordered = [(objects[k], active[k]) for k in self._order]
        clocks = list({id(x.clock): x.clock for x, goes in ordered if goes}.values())
        known = {id(c) for c in clocks}
        ordered = [(x, goes) for x, goes in ordered if id(x.clock) in known]
        work = [(x, w) for x, goes in ordered for w in (x._work() if goes else x._idle_work())]
        return work, clocks

    def _check_members(
        self, network: Members, objects: Sequence[SimulationObject]
    ) -> Sequence[bool]:
        """Which objects are active. Checks that they can run together, if not known from before."""
        active = [x.active for x in objects]
        arrangement = (
            active,
            [id(x) for x in objects],
            [(x.when, x.order, x.name) for x in objects],
            network.schedule,
        )
        self._has_taken = [x._network for x in objects].count(network) == len(objects)
        if self._has_taken and arrangement == self._arrangement:
            return active
        network.check_names(objects)
        network.check_dependencies(objects)
        for x in objects:
            network.check_free(x)
        self._order = sorted(range(len(objects)), key=lambda k: network.rank(objects[k]))
        self._arrangement = arrangement
        return [x.active for x in objects]

    def _take(self, network: Members, objects: Sequence[SimulationObject]) -> None:
        """No other network may have them from now on."""
        if not self._has_taken:
            for x in objects:
                x._simulated_by(network)

    def _finds_written(self, objects: Sequence[SimulationObject], work: Sequence[Pair]) -> bool:
        """Whether code writes what an object took for constant, which it knows from now on."""
        kernels = [w.kernel for _, w in work]
        if len(kernels) == len(self._seen) and all(map(operator.is_, kernels, self._seen)):
            return False
        self._seen = kernels
        slots = frozenset[Slot]().union(*map(written, kernels))
        found = [x._finds_written(slots) for x in objects]  # all of them look
        return any(found + [x._looks_at(kernels) for x in objects])

    def compile(
        self, work: Sequence[Pair], clocks: Sequence[Clock], profile: bool
    ) -> tuple[Program, Executable]:
        """The program of a step and its native code.

        profile   whether the cost of each kernel is wanted
        """
        backend = active_backend()
        numbers = {id(c): k for k, c in enumerate(clocks)}
        places = [(w.kernel, numbers[id(x.clock)]) for x, w in work]
        threads = _n_threads()
        key = (
            backend.name,
            profile,
            threads,
            *[(id(kernel), clock) for kernel, clock in places],
            *map(id, clocks),
        )
        if key != self._key or self._program is None or self._executable is None:
            calls = tuple(Call(*place) for place in places)
            # a profile wants the cost of each kernel, so none are joined
            joined = calls if profile else fuse_calls(calls)
            self._program = Program(joined, tuple(c.state.slots for c in clocks))
            self._executable = backend.compile(self._program, threads)
            self._key = key
            self._calls = calls  # keeps the kernels alive, and so their ids theirs
        return self._program, self._executable

    def way_back_in(self, program: Program, executable: Executable) -> Rewind | None:
        """What leads back to now during the run, if it can be had."""
        if self._rewind_key is not program:
            self._rewind, self._rewind_key = rewind_of(program, executable), program
        return self._rewind


def _check_schedule_of_device(network: Members) -> None:
    only = devices.get_device().network_schedule
    if only is not None and list(only) != network.schedule:
        topic("schedule_conflict").warning(
            "the device can only do the schedule %s; that of %s is left aside",
            list(only),
            network.name,
        )


def give_streams(work: Sequence[Pair]) -> None:
    """Streams of random numbers for kernels that draw, anew after each seed()."""
    for x, w in work:
        if isinstance(x, Runner) and w.kernel.stream is not None:
            x.seed_stream(w.kernel.stream.state)


def _n_threads() -> int:
    """How many threads a run may use."""
    return prefs["devices.cpp_standalone.openmp_threads"] or prefs["core.threads"]


def _faults_of(x: SimulationObject, error: Exception) -> Sequence[Fault]:
    """What is wrong with the model of an object, to be shown with all other faults.

    Errors that are not the model's own are raised, and say which object they met.
    """
    if not isinstance(error, ModelError):
        raise _wrapped(error, f"{x._label} could not be prepared for the run: {error}") from error
    if not error.faults or any(not f.where for f in error.faults):
        raise error
    return error.faults


def _wrapped(error: Exception, message: str) -> Exception:
    """An exception that is caught as ModelError, and as what it was."""
    kind = type(error)
    try:
        both: Any = type(kind.__name__, (ModelError, kind), {"__module__": kind.__module__})
        return both(message)
    except TypeError:  # a class that takes other arguments, or has another layout
        return ModelError(message)
