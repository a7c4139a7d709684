"""Networks: objects that run together."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from rheobase.errors import ModelTypeError, ModelValueError
from rheobase.ir.passes.fuse import fuse_calls
from rheobase.ir.program import Call, Executable, Program
from rheobase.model.base import SimulationObject, Work
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Runner
from rheobase.model.spikes import EventSource
from rheobase.report import Report, make_report
from rheobase.runtime import random
from rheobase.runtime.backends import active_backend
from rheobase.runtime.engine import RunHooks, execute
from rheobase.units import Quantity, second

__all__ = ["Network", "RunReport"]

logger = logging.getLogger(__name__)

SCHEDULE = ("start", "groups", "thresholds", "synapses", "resets", "end")


@dataclass(frozen=True)
class RunReport:
    """What the last run of a network cost.

    prepare_seconds   looking up names, checking, lowering
    compile_seconds   making native code, or finding it in the cache
    native_seconds    in native code
    total_seconds     all of run()
    """

    prepare_seconds: float
    compile_seconds: float
    native_seconds: float
    total_seconds: float


class Network:
    """A set of objects that are simulated together, in one time.

    objects   objects, or lists, sets and dicts of objects

    >>> from rheobase import Network, NeuronGroup, ms
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1')
    >>> net = Network(cells)
    >>> net.run(1*ms)
    >>> net.t
    1. * msecond
    """

    def __init__(self, *objects: Any, name: str = "network") -> None:
        self.name = name
        self.objects: list[SimulationObject] = []
        self.schedule: list[str] = list(SCHEDULE)
        self.t_ = 0.0
        self.last_run: RunReport | None = None
        self._stop = False
        self._key: tuple[object, ...] | None = None
        self._program: Program | None = None
        self._executable: Executable | None = None
        self._calls: tuple[Call, ...] = ()
        self.add(*objects)

    @property
    def t(self) -> Quantity:
        """The present time."""
        return Quantity(self.t_, dim=second.dim)

    # ------------------------------------------------------------ objects
    def add(self, *objects: Any) -> None:
        """Add objects, or containers of objects."""
        for x in objects:
            if isinstance(x, SimulationObject):
                if x not in self.objects:
                    self.objects.append(x)
            elif isinstance(x, Mapping):
                self.add(*x.values())  # pyright: ignore[reportUnknownArgumentType]
            elif isinstance(x, Iterable) and not isinstance(x, str):
                self.add(*x)  # pyright: ignore[reportUnknownArgumentType]
            else:
                raise ModelTypeError(
                    f"a network holds groups, synapses, monitors and such, not {x!r}"
                )

    def remove(self, *objects: Any) -> None:
        """Take objects out again."""
        for x in objects:
            if isinstance(x, SimulationObject):
                self.objects.remove(x)
            else:
                self.remove(*x)

    def all_objects(self) -> list[SimulationObject]:
        """The objects and what they contain."""
        found: dict[int, SimulationObject] = {}

        def visit(objects: Sequence[SimulationObject]) -> None:
            for x in objects:
                if id(x) not in found:
                    found[id(x)] = x
                    visit(x.contained_objects)

        visit(self.objects)
        return list(found.values())

    def __iter__(self) -> Iterator[SimulationObject]:
        return iter(self.objects)

    def __len__(self) -> int:
        return len(self.objects)

    def __contains__(self, name: str) -> bool:
        return any(x.name == name for x in self.all_objects())

    def __getitem__(self, name: str) -> SimulationObject:
        for x in self.all_objects():
            if x.name == name:
                return x
        raise KeyError(f"{self.name} has no object '{name}'")

    # ------------------------------------------------------------ schedule
    def _rank(self, x: SimulationObject) -> tuple[float, int, str]:
        """Where in the step an object runs: slot, order, name."""
        for prefix, shift in (("before_", -0.25), ("after_", 0.25), ("", 0.0)):
            slot = x.when.removeprefix(prefix)
            if x.when.startswith(prefix) and slot in self.schedule:
                return self.schedule.index(slot) + shift, x.order, x.name
        raise ModelValueError(
            f"{x.label}: there is no slot '{x.when}' in the schedule {self.schedule}"
        )

    # ------------------------------------------------------------ running
    def run(
        self,
        duration: Any,
        report: str | Callable[..., None] | None = None,
        report_period: Any = 10 * second,
        namespace: Mapping[str, Any] | None = None,
        level: int = 0,
    ) -> None:
        """Simulate for a duration.

        duration        a time >= 0
        report          'text' (or 'stdout', 'stderr'): progress as text; or a function of
                        (elapsed, completed, start, duration)
        report_period   how often, in real time
        namespace       external constants; default: the names that the calling script sees

        Ctrl-C ends the run after the present step; it can be continued.
        Raises ModelError, with everything that is wrong with the model, before the first step.
        """
        started = time.perf_counter()
        length = seconds(duration, "the duration of a run")
        if length < 0:
            raise ModelValueError(f"the duration of a run cannot be negative ({duration})")
        end = self.t_ + length
        names = caller_namespace(level) if namespace is None else namespace
        work, clocks = self._prepare(names)
        prepared = time.perf_counter()
        program, executable = self._compile(work, clocks)
        compiled = time.perf_counter()
        progress = make_report(report, seconds(report_period, "report_period"), self.t_, length)
        native = self._execute(program, executable, work, clocks, end, progress)
        self.last_run = RunReport(
            prepared - started, compiled - prepared, native, time.perf_counter() - started
        )

    def _prepare(
        self, namespace: Mapping[str, Any]
    ) -> tuple[list[tuple[SimulationObject, Work]], list[Clock]]:
        objects = self.all_objects()
        self._check_names(objects)
        for clock in {id(x.clock): x.clock for x in objects}.values():
            clock.state.set_time(self.t_, clock.name)
        for x in objects:
            source = getattr(x, "spike_source", None)
            if isinstance(source, EventSource):
                source.follow_clock()
        for x in objects:
            x.prepare(namespace)
        active = sorted((x for x in objects if x.active), key=self._rank)
        work = [(x, w) for x in active for w in x.work()]
        clocks = list({id(x.clock): x.clock for x in active}.values())
        return work, clocks

    def _check_names(self, objects: Sequence[SimulationObject]) -> None:
        seen: dict[str, SimulationObject] = {}
        for x in objects:
            if x.name in seen:
                raise ModelValueError(
                    f"two objects of the network have the name '{x.name}': {seen[x.name].label} "
                    f"and {x.label}"
                )
            seen[x.name] = x

    def _compile(
        self, work: Sequence[tuple[SimulationObject, Work]], clocks: Sequence[Clock]
    ) -> tuple[Program, Executable]:
        backend = active_backend()
        numbers = {id(c): k for k, c in enumerate(clocks)}
        calls = tuple(Call(w.kernel, numbers[id(x.clock)]) for x, w in work)
        key = (backend.name, *((id(c.kernel), c.clock) for c in calls), *map(id, clocks))
        if key != self._key or self._program is None or self._executable is None:
            self._program = Program(fuse_calls(calls), tuple(c.state.slots for c in clocks))
            self._executable = backend.compile(self._program)
            self._key = key
            self._calls = calls  # keeps the kernels alive, and so their ids theirs
        return self._program, self._executable

    def _execute(
        self,
        program: Program,
        executable: Executable,
        work: Sequence[tuple[SimulationObject, Work]],
        clocks: Sequence[Clock],
        end: float,
        progress: Report,
    ) -> float:
        self._give_streams(work)
        for clock in clocks:
            clock.state.slots.end.data[0] = clock.state.steps_until(end)
        objects = self.all_objects()
        for x in objects:
            x.before_run(int(x.clock.state.slots.end.data[0]) - x.clock.timestep)
        functions = {id(w.kernel): w.python for _, w in work if w.python is not None}
        python = {
            k: functions[id(c.kernel)]
            for k, c in enumerate(program.calls)
            if id(c.kernel) in functions
        }
        self._stop = False
        start = self.t_
        native = 0.0

        def pause() -> bool:
            self.t_ = min((c.t_ for c in clocks), default=end)
            progress.at(self.t_)
            return self._stop

        progress.begin()
        try:
            if end > start and clocks:
                with _interruptible(self):
                    hooks = RunHooks(python, pause, lambda: self._stop)
                    native = execute(program, executable, hooks)
        finally:
            for x in objects:
                x.after_run()
            done = not self._stop and native >= 0
            self.t_ = end if done else min((c.t_ for c in clocks), default=end)
        progress.end(self.t_)
        return native

    def _give_streams(self, work: Sequence[tuple[SimulationObject, Work]]) -> None:
        """Streams of random numbers for kernels that draw, anew after each seed()."""
        for x in {id(x): x for x, w in work if w.kernel.stream is not None}.values():
            if isinstance(x, Runner) and x.stream_generation != random.generation():
                random.write_stream(x.stream, random.take_streams(), x.clock.timestep)
                x.stream_generation = random.generation()

    def stop(self) -> None:
        """End the run after the present step; it can be continued."""
        self._stop = True


class _interruptible:
    """While native code runs, the first Ctrl-C stops the network, a second one raises."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.previous: Any = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self.previous = signal.signal(signal.SIGINT, self.handle)

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self.network._stop:  # pyright: ignore[reportPrivateUsage]
            raise KeyboardInterrupt
        self.network.stop()
        logger.warning("interrupted: the run ends after this step; run() goes on from there")

    def __exit__(self, *exception: object) -> None:
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)
