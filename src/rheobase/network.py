"""Networks: objects that run together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from rheobase import checkpoints, devices
from rheobase.accuracy import Accuracy, compare
from rheobase.errors import ModelValueError, did_you_mean
from rheobase.ir.program import EPSILON, Control, Executable, Program
from rheobase.members import Members
from rheobase.model.base import SimulationObject
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import Clock, seconds
from rheobase.model.lookups import structure
from rheobase.model.watch import OnNonfinite, Watch
from rheobase.preference_names import prefs
from rheobase.preparation import Pair, Preparation, give_streams
from rheobase.records import record
from rheobase.report import Report, make_report
from rheobase.runtime.engine import RunHooks, execute
from rheobase.runtime.interrupts import interruptible
from rheobase.summaries import ProfileEntry, ProfilingSummary
from rheobase.topics import topic
from rheobase.units import Quantity, second

__all__ = ["Network", "OnNonfinite", "RunReport", "running_networks", "watching"]


_running: list[Network] = []
_watchers: list[Callable[[Network, Program], None]] = []


@contextmanager
def watching(seen: Callable[[Network, Program], None]) -> Generator[None]:
    """Within it, `seen` is called with the network and its program before each run begins.

    >>> from rheobase import Network, NeuronGroup, ms
    >>> names = []
    >>> with watching(lambda network, program: names.append(network.name)):
    ...     Network(NeuronGroup(1, 'v : 1'), name='watched').run(0*ms)
    >>> names
    ['watched']
    """
    _watchers.append(seen)
    try:
        yield
    finally:
        _watchers.remove(seen)


def running_networks() -> Sequence[Network]:
    """The networks that are in a run now: more than one, if a network_operation runs another."""
    return _running


@record
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


@record
class _Request:
    """What one run() was asked to do."""

    length: float
    report: str | Callable[..., None] | None
    report_period: float
    namespace: Mapping[str, Any]
    profile: bool
    on_nonfinite: OnNonfinite


class Network(Members):
    """A set of objects that are simulated together, in one time.

    objects   objects, or lists, sets and dicts of objects
    name      'network*' takes the first of network, network_1, ... that is free

    Raises NetworkError (a RuntimeError) for an object that another network has simulated.

    >>> from rheobase import Network, NeuronGroup, ms
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1')
    >>> net = Network(cells)
    >>> net.run(1*ms)
    >>> net.t
    1. * msecond
    """

    def __init__(self, *objects: Any, name: str = "network*") -> None:
        super().__init__(name)
        self.t_ = 0.0
        self.last_run: RunReport | None = None
        self.profile: ProfilingSummary | None = None
        self._stop = False
        self._is_cut = False  # the run was left because the structure has changed
        self._preparation = Preparation()
        self._snapshots: dict[str, checkpoints.Snapshot] = {}
        self.add(*objects)

    @property
    def t(self) -> Quantity:
        """The present time."""
        return Quantity(self.t_, dim=second.dim)

    @property
    def known_objects(self) -> Sequence[SimulationObject]:
        """The objects of its last run, or that it holds for the next."""
        return self.objects

    # ------------------------------------------------------------ running
    def run(
        self,
        duration: Any,
        report: str | Callable[..., None] | None = None,
        report_period: Any = 10 * second,
        namespace: Mapping[str, Any] | None = None,
        profile: bool | None = None,
        level: int = 0,
        on_nonfinite: OnNonfinite = "warn",
    ) -> None:
        """Simulate for a duration.

        duration        a time >= 0
        report          'text' (or 'stdout', 'stderr'): progress as text; 'bar': a progress bar; or
                        a function of (elapsed, completed, start, duration), which is called with
                        completed = 0.0 at the beginning and 1.0 at the end in any case
        report_period   how often, in real time
        namespace       external constants; default: the names that the calling script sees
        profile         True: measure what each kernel costs; see profiling_summary
        on_nonfinite    what to do when an integrated variable becomes nan, or exceeds 1e50:
                        'warn' says soon after in which element and step, and which term it came
                        from; 'stop' ends the run after that step, and 'raise' raises
                        IntegrationError with that. These two come back to Python after every step.
                        'warn' goes back to look; it cannot where Python takes part in the run,
                        monitors stream to disk or more than 64 MB change, and says less there.

        Ctrl-C ends the run after the present step; it can be continued.
        Raises ModelError, with everything that is wrong with the model, before the first step.
        """
        length = seconds(duration, "the duration of a run")
        if length < 0:
            raise ModelValueError(f"the duration of a run cannot be negative ({duration})")
        period = seconds(report_period, "report_period")
        report = devices.get_device().readable_report(report)
        make_report(report, period, 0.0, length)  # says now what is wrong with it
        names = caller_namespace(level) if namespace is None else namespace
        if on_nonfinite not in ("warn", "stop", "raise"):
            raise ModelValueError(
                f"on_nonfinite is 'warn', 'stop' or 'raise', not {on_nonfinite!r}"
            )
        request = _Request(length, report, period, names, bool(profile), on_nonfinite)
        devices.get_device().submit(self, self.later(partial(self._run, request)), request)

    def later(self, action: Callable[[], None]) -> Callable[[], None]:
        """An action as a device may do it later: with the objects of now."""
        return action

    def _run(self, request: _Request) -> None:
        """Run to the end; prepare anew, and go on, whenever code has changed the structure."""
        started, start = time.perf_counter(), self.t_
        end = start + request.length
        progress = make_report(request.report, request.report_period, self.t_, request.length)
        objects = self.all_objects()
        watch = Watch(objects, request.on_nonfinite)
        spent: Counter[str] = Counter()
        cost = [0.0, 0.0, 0.0]
        while True:
            begun = time.perf_counter()
            work, clocks = self._preparation.prepare(self, objects, self.t_, request.namespace)
            prepared = time.perf_counter()
            program, executable = self._preparation.compile(work, clocks, request.profile)
            compiled = time.perf_counter()
            for seen in _watchers:
                seen(self, program)
            progress.begin()
            control = Control.profiling(len(program.calls)) if request.profile else Control()
            control.ahead = prefs["core.steps_ahead"]
            native = self._execute(
                program, executable, objects, work, clocks, end, progress, control, watch
            )
            cost = [a + b for a, b in zip(cost, (prepared - begun, compiled - prepared, native))]
            if request.profile:
                spent.update(_spent(work, control))
            if not self._is_cut:
                break
            objects = self.all_objects()
        progress.end(self.t_)
        took = time.perf_counter() - started
        self.last_run = RunReport(cost[0], cost[1], cost[2], took)
        if request.profile:
            self.profile = _profile(spent, self.last_run)
        done = (self.t_ - start) / request.length if request.length else 1.0
        devices.get_device().has_run(took, min(done, 1.0))

    def _execute(
        self,
        program: Program,
        executable: Executable,
        objects: Sequence[SimulationObject],
        work: Sequence[Pair],
        clocks: Sequence[Clock],
        end: float,
        progress: Report,
        control: Control,
        watch: Watch,
    ) -> float:
        give_streams(work)
        _set_ends(clocks, self.t_, end)
        steps = {id(c): _steps_left(c) for c in {id(x.clock): x.clock for x in objects}.values()}
        for x in objects:
            if type(x).before_run is not SimulationObject.before_run:
                x.before_run(steps[id(x.clock)])
        functions = {id(w.kernel): w.python for _, w in work if w.python is not None}
        python = {
            k: functions[id(c.kernel)]
            for k, c in enumerate(program.calls)
            if id(c.kernel) in functions
        }
        makers = {id(w.kernel): w.full for _, w in work if w.full is not None}
        full = {
            k: makers[id(c.kernel)] for k, c in enumerate(program.calls) if id(c.kernel) in makers
        }
        self._stop = self._is_cut = False
        start, device = self.t_, devices.get_device()
        native = -1.0
        prepared_for = structure()
        at_pauses = [x for x in objects if type(x)._during_run is not SimulationObject._during_run]

        def pause() -> bool:
            self.t_ = min((c.t_ for c in clocks), default=end)
            watch.check_finished()
            progress.at(self.t_)
            self._stop |= watch.sees_runaway() or device.gives_up(progress.elapsed)
            for x in at_pauses:
                x._during_run()
            self._is_cut = not self._stop and structure() != prepared_for
            return self._stop or self._is_cut

        def stopped() -> bool:
            return self._stop or structure() != prepared_for

        _running.append(self)
        try:
            if end > start and clocks:
                with interruptible(self.stop, prefs["core.stop_on_keyboard_interrupt"]):
                    hooks = RunHooks(python, pause, watch.stepwise, stopped, full)
                    back = watch.wants_rewind and not full
                    rewind = self._preparation.way_back_in(program, executable) if back else None
                    watch.begin(control, rewind, max(map(_steps_left, clocks)))
                    native = execute(program, executable, hooks, control)
                    watch.check_finished()
            else:
                native = 0.0
        finally:
            _running.remove(self)
            watch.end(native >= 0)
            for x in objects:
                if type(x).after_run is not SimulationObject.after_run:
                    x.after_run()
            done = not self._stop and not self._is_cut and native >= 0
            self.t_ = _reached(end, clocks) if done else min((c.t_ for c in clocks), default=end)
        return native

    def stop(self) -> None:
        """End the run after the present step; it can be continued."""
        self._stop = True

    def check(
        self,
        duration: Any,
        refinements: int = 1,
        namespace: Mapping[str, Any] | None = None,
        level: int = 0,
    ) -> Accuracy:
        """What half the step changes: an error bar on the simulation.

        Runs the model with its step and with half of it, from the present state, and compares
        states, rates and spike times; noise of the equations is the same Brownian path in both.
        The network is left as it was.

        duration      a time > 0
        refinements   how often the step is halved, >= 1; with 2, the report has the measured
                      order of convergence of each variable
        namespace     external constants; default: the names that the calling script sees

        The report prints as text; rheobase.plotting.accuracy draws it. Of each group, up to 100
        elements are recorded. Raises ModelValueError for a duration or number that cannot be.

        >>> from rheobase import Network, NeuronGroup, ms
        >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', method='euler', name='cells')
        >>> cells.v = 1
        >>> report = Network(cells).check(10*ms, refinements=2)
        >>> round(report['cells', 'v'].order, 1)
        1.0
        """
        length = seconds(duration, "the duration of a check")
        if length <= 0:
            raise ModelValueError(f"a check needs a duration above zero, not {duration}")
        if refinements < 1:
            raise ModelValueError(f"a check halves the step at least once, not {refinements} times")
        names = caller_namespace(level) if namespace is None else namespace
        way_back = self.way_back()

        def run(probes: Sequence[SimulationObject]) -> None:
            before, self.objects = self.objects, [*self.objects, *probes]
            try:
                self._run(_Request(length, None, 10.0, names, False, "warn"))
            finally:
                self.objects = before

        return compare(
            self.name, self.all_objects(), length, run, lambda: way_back(True), refinements
        )

    # ------------------------------------------------------------ profile
    def measured(self) -> ProfilingSummary:
        """What the last run with profile=True has measured; ModelValueError if there was none."""
        if self.profile is None:
            raise ModelValueError(
                f"{self.name} has measured nothing: run it with run(..., profile=True)"
            )
        return self.profile

    @property
    def profiling_info(self) -> list[tuple[str, Quantity]]:
        """(name, time) of each kernel of the last run with profile=True, the longest first.

        Raises ModelValueError if there was none.
        """
        entries = self.measured().entries
        return [(e.name, Quantity(e.seconds, dim=second.dim)) for e in entries]

    # ------------------------------------------------------------ state
    def get_states(
        self,
        units: bool = True,
        format: str = "dict",
        subexpressions: bool = False,
        read_only_variables: bool = True,
        level: int = 0,
    ) -> dict[str, Any]:
        """{name of object: {name of variable: values}}; see Group.get_states."""
        return {
            x.name: x.get_states(  # pyright: ignore
                units=units,
                format=format,
                subexpressions=subexpressions,
                read_only_variables=read_only_variables,
                level=level,
            )
            for x in self.all_objects()
            if hasattr(x, "get_states")
        }

    def set_states(
        self, values: Mapping[str, Any], units: bool = True, format: str = "dict", level: int = 0
    ) -> None:
        """Set what get_states has returned, or a part of it; KeyError for unknown objects."""
        for name, states in values.items():
            self[name].set_states(states, units=units, format=format, level=level)

    def store(self, name: str = "default", filename: Any = None) -> None:
        """Keep the present state: all variables, synapses, spikes on their way, recordings, time.

        name      of the snapshot; a file may hold several
        filename  write it to a file (see checkpoints); None: keep it in memory

        >>> from rheobase import Network, NeuronGroup, ms
        >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1')
        >>> net = Network(cells)
        >>> net.store()
        >>> net.run(1*ms)
        >>> net.restore()
        >>> net.t
        0. * second
        """
        snapshot = self.snapshot()
        if filename is None:
            self._snapshots[name] = snapshot
        else:
            checkpoints.write(filename, name, snapshot)

    def restore(
        self, name: str = "default", filename: Any = None, restore_random_state: bool = False
    ) -> None:
        """Go back to a state that store() has kept.

        restore_random_state   whether the random numbers that come are those that came then, too

        Raises KeyError if there is no such snapshot, or if the objects of the network and those of
        the snapshot have not the same names; it lists them.
        """
        if filename is not None:
            snapshot = checkpoints.read(filename, name)
        elif name in self._snapshots:
            snapshot = self._snapshots[name]
        else:
            raise KeyError(self._not_stored(name))
        self.return_to(snapshot, restore_random_state)

    def _not_stored(self, name: str) -> str:
        if not self._snapshots:
            return f"{self.name} has stored nothing: call store() before restore()"
        near = did_you_mean(name, self._snapshots)
        known = ", ".join(f"'{n}'" for n in sorted(self._snapshots))
        return f"{self.name} has stored nothing as '{name}', but {known}. {near}".rstrip()

    def snapshot(self) -> checkpoints.Snapshot:
        """The present state; see checkpoints."""
        return checkpoints.take(_settled(self.all_objects()), self.t_)

    def way_back(self) -> Callable[[bool], None]:
        """What brings the objects of now back to the state of now."""
        snapshot, objects = self.snapshot(), self.all_objects()
        return lambda restore_random_state: self._put_back(snapshot, objects, restore_random_state)

    def return_to(self, snapshot: checkpoints.Snapshot, restore_random_state: bool = False) -> None:
        """Go back to a snapshot."""
        self._put_back(snapshot, self.all_objects(), restore_random_state)

    def _put_back(
        self,
        snapshot: checkpoints.Snapshot,
        objects: Sequence[SimulationObject],
        restore_random_state: bool,
    ) -> None:
        checkpoints.put_back(snapshot, _settled(objects), restore_random_state)
        self.t_ = snapshot.t
        for clock in {id(x.clock): x.clock for x in objects}.values():
            clock.state.go_to(self.t_)


def _steps_left(clock: Clock) -> int:
    """How many steps the clock has to make in this run."""
    return int(clock.state.slots.end.data[0]) - clock.timestep


def _settled(objects: Sequence[SimulationObject]) -> Sequence[SimulationObject]:
    """The objects, with everything done that they have put off."""
    for x in objects:
        x._settle()
    return objects


def _profile(spent: Mapping[str, float], run: RunReport) -> ProfilingSummary:
    """The time of a run by kernel, and the rest of it."""
    entries = [ProfileEntry(name, seconds) for name, seconds in spent.items()]
    before = run.prepare_seconds + run.compile_seconds
    between = run.total_seconds - before - sum(spent.values())
    outside = ProfileEntry("(preparing)", before), ProfileEntry("(run loop)", between)
    return ProfilingSummary(entries, None, outside)


def _spent(work: Sequence[Pair], control: Control) -> dict[str, float]:
    """What each call has cost, in seconds, by the name of its object."""
    assert control.spent is not None
    counts = Counter(id(x) for x, _ in work)
    names = [x.name if counts[id(x)] == 1 else f"{x.name}: {w.kernel.name}" for x, w in work]
    return {n: float(nanoseconds) * 1e-9 for n, nanoseconds in zip(names, control.spent)}


def _reached(end: float, clocks: Sequence[Clock]) -> float:
    """The end of a run, as the clock counts it that comes to it: sums of durations would drift."""
    near = [c for c in clocks if abs(c.t_ - end) <= EPSILON * c.state.dt]
    return min(near, key=lambda c: c.state.dt).t_ if near else end


def _set_ends(clocks: Sequence[Clock], start: float, end: float) -> None:
    for clock in clocks:
        clock.set_interval(start, end)
    if clocks and end > start and not any(c.is_whole(end - start) for c in clocks):
        topic("fractional_steps").warning(
            "the duration of the run, %g s, is no whole number of steps of any clock; it ends "
            "with the last step that begins before",
            end - start,
        )
