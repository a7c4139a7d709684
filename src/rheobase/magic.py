"""run() without a Network: the objects that the calling script can see."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rheobase.accuracy import Accuracy
from rheobase.devices import reinit_devices
from rheobase.errors import MagicError, ModelValueError
from rheobase.logs import BrianLogger
from rheobase.model.base import (
    SimulationObject,
    current_scope,
    living_objects,
    new_scope,
    own_scope,
)
from rheobase.model.callers import caller_frame, caller_namespace
from rheobase.model.clock import defaultclock
from rheobase.network import Network, OnNonfinite, running_networks
from rheobase.preference_names import prefs
from rheobase.runtime.random import seed
from rheobase.summaries import ProfilingSummary, SchedulingSummary
from rheobase.topics import topic
from rheobase.units import Quantity, second

__all__ = [
    "MagicNetwork",
    "collect",
    "magic_network",
    "profiling_summary",
    "restore",
    "restore_initial_state",
    "run",
    "scheduling_summary",
    "start_scope",
    "stop",
    "store",
]


def collect(level: int = 0) -> set[SimulationObject]:
    """The objects that run() would simulate: those that the caller's locals and globals name.

    Objects inside lists and dicts are not found: put them into a Network.

    >>> from rheobase import NeuronGroup, collect
    >>> cells = NeuronGroup(1, 'v : 1')
    >>> cells in collect()
    True
    """
    frame = caller_frame(level)
    if frame is None:
        return set()
    named = [*frame.f_globals.values(), *frame.f_locals.values()]
    return {
        x
        for x in named
        if isinstance(x, SimulationObject)
        and x.add_to_magic_network
        and x._scope == current_scope()
    }


def _warn_of_nothing() -> None:
    """Say that run() sees no object, and which there are."""
    hidden = [x._label for x in living_objects() if x.add_to_magic_network and x._unused]
    there = f" There {'is' if len(hidden) == 1 else 'are'} {', '.join(hidden)}." if hidden else ""
    topic("nothing_to_run").warning(
        "run() sees no object, so nothing is simulated.%s Objects are seen that have a name where "
        "run() is called; those in lists and dicts are not: put them into a Network.",
        there,
    )


def _warn_of_unseen(found: set[SimulationObject]) -> None:
    """Name what belongs to objects of the run and has no name that run() sees: once each."""
    there = {id(x) for x in found}
    for x in living_objects():
        belongs = x._unused and x.add_to_magic_network and id(x) not in there
        if belongs and (needed := x._dependencies()) and there.issuperset(map(id, needed)):
            x._unused = False
            topic("unseen_object").warning(
                "%s is left out of this run: it belongs to %s, but has no name where run() is "
                "called; what is in lists and dicts, or was made in a function, is not seen. Give "
                "it a name, or put all into a Network.",
                x._label,
                ", ".join(dict.fromkeys(y._label for y in needed)),
            )


class MagicNetwork(Network):
    """The network behind run(): it follows what the script sees. There is one: magic_network.

    All objects new: a new simulation, from t = 0. All known: it goes on. Some of each: MagicError
    (monitors may come and go).

    >>> from rheobase import NeuronGroup, SpikeMonitor, magic_network, ms, run
    >>> cells = NeuronGroup(3, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> spikes = SpikeMonitor(cells)
    >>> run(10*ms)
    >>> magic_network.name, spikes.num_spikes
    ('magicnetwork', 3)
    """

    _made = False

    def __init__(self) -> None:
        if MagicNetwork._made:
            raise ModelValueError(
                "there is one magic network, magic_network; for another use Network()"
            )
        MagicNetwork._made = True
        super().__init__(name="magicnetwork")
        self._known: weakref.WeakSet[SimulationObject] = weakref.WeakSet()

    @property
    def known_objects(self) -> Sequence[SimulationObject]:
        return sorted(self._known, key=lambda x: x.name)

    @contextmanager
    def aside(self) -> Generator[None, None, None]:
        """Within, run() sees only objects that are made within, and begins at t = 0.

        Afterwards the network goes on where it was.
        """
        before = self.t_, self._known, dict(self._snapshots)
        with own_scope():
            try:
                yield
            finally:
                self.t_, self._known, self._snapshots = before

    def add(self, *objects: Any) -> None:
        """Raises MagicError: the objects are those that the script sees."""
        if objects:
            raise MagicError(_OWN_CHOICE)

    def remove(self, *objects: Any) -> None:
        """Raises MagicError: the objects are those that the script sees."""
        raise MagicError(_OWN_CHOICE)

    def _begin_anew(self) -> None:
        self.t_ = 0.0
        self._snapshots.clear()

    def follow(self, found: set[SimulationObject]) -> None:
        """Take the found objects as the network."""
        decisive = {x for x in found if x.invalidates_magic_network}
        known = decisive & set(self._known)
        if known and known != decisive:
            new = sorted(x.name for x in decisive - known)
            raise MagicError(
                "run() cannot tell whether to go on or to begin again: it simulated "
                f"{', '.join(sorted(x.name for x in known))} before, and now finds new objects: "
                f"{', '.join(new)}. Put the objects of each simulation into a Network, or call "
                "start_scope() before creating those of a new one."
            )
        if not known:
            self._begin_anew()
        self._known = weakref.WeakSet(found)
        self.objects = sorted(found, key=lambda x: x.name)
        topic("magic_objects").debug(
            "run() simulates %d objects: %s",
            len(self.all_objects()),
            ", ".join(x.name for x in self.all_objects()),
        )

    def check_dependencies(self, objects: Sequence[SimulationObject]) -> None:
        """Leave out objects that need one that is not there, with a warning."""
        present = set(map(id, objects))
        for x in objects:
            missing = self.missing_for(x, present)
            if missing is not None and x.active:
                topic("dependency_warning").warning(
                    "%s does nothing in this run: it needs %s, which run() does not see. Give "
                    "that a name in the script, or put both into a Network.",
                    x._label,
                    missing._label,
                )
                x.active = False

    @contextmanager
    def seeing(self, found: set[SimulationObject]) -> Generator[None, None, None]:
        """Within, the network holds the objects that the calling script was found to see.

        Afterwards only the script's own names keep them alive.
        """
        self.follow(found)
        try:
            yield
        finally:
            self.objects = []

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
        """Simulate what the calling script sees; see Network.run."""
        names = caller_namespace(level) if namespace is None else namespace
        found = collect(level)
        if not found:
            _warn_of_nothing()
        _warn_of_unseen(found)
        if isinstance(names.get("defaultclock"), Quantity):
            topic("replaced_clock").warning(
                "The script has called %s 'defaultclock', which sets no step. Write "
                "defaultclock.dt = ...",
                names["defaultclock"],
            )
        with self.seeing(found):
            super().run(duration, report, report_period, names, profile, on_nonfinite=on_nonfinite)

    def check(
        self,
        duration: Any,
        refinements: int = 1,
        namespace: Mapping[str, Any] | None = None,
        level: int = 0,
    ) -> Accuracy:
        """What half the step changes in what the calling script sees; see Network.check."""
        names = caller_namespace(level) if namespace is None else namespace
        with self.seeing(collect(level)):
            return super().check(duration, refinements, names)

    def later(self, action: Callable[[], None]) -> Callable[[], None]:
        objects = self.objects

        def with_objects() -> None:
            before, self.objects = self.objects, objects
            try:
                action()
            finally:
                self.objects = before

        return with_objects

    def __repr__(self) -> str:
        return f"<MagicNetwork: {len(self._known)} objects at t = {self.t}>"

    def get_states(self, *args: Any, **options: Any) -> dict[str, Any]:
        """States of the objects that the calling script sees; see Network.get_states."""
        with self.seeing(collect(options.get("level", 0))):
            return super().get_states(*args, **options)

    def set_states(self, values: Mapping[str, Any], *args: Any, **options: Any) -> None:
        """Set states of the objects that the calling script sees; see Network.set_states."""
        with self.seeing(collect(options.get("level", 0))):
            super().set_states(values, *args, **options)

    def store(self, name: str = "default", filename: Any = None, level: int = 0) -> None:
        """Keep the state of the objects that the calling script sees; see Network.store."""
        with self.seeing(collect(level)):
            super().store(name, filename)

    def restore(
        self,
        name: str = "default",
        filename: Any = None,
        restore_random_state: bool = False,
        level: int = 0,
    ) -> None:
        """Go back to a state that store() has kept; see Network.restore."""
        with self.seeing(collect(level)):
            super().restore(name, filename, restore_random_state)


_OWN_CHOICE = (
    "the magic network holds the objects that the script sees, and no others; to choose them, "
    "make a Network"
)
magic_network = MagicNetwork()


def run(
    duration: Any,
    report: str | Callable[..., None] | None = None,
    report_period: Any = 10 * second,
    namespace: Mapping[str, Any] | None = None,
    profile: bool | None = None,
    level: int = 0,
    on_nonfinite: OnNonfinite = "warn",
) -> None:
    """Simulate all objects that the calling script sees, for a duration.

    duration        a time >= 0
    report          'text': progress as text; 'bar': a progress bar; or a function
                    (elapsed, completed, start, duration)
    report_period   how often, in real time
    namespace       external constants; default: the names that the calling script sees
    profile         True: measure what each kernel costs; see profiling_summary
    level           how many frames further out the calling script is
    on_nonfinite    'warn', 'stop' or 'raise' when numbers run away; see Network.run

    Raises MagicError if it is unclear which objects are meant; ModelError with everything that is
    wrong with the model.

    >>> from rheobase import NeuronGroup, ms, run
    >>> cells = NeuronGroup(1, 'dv/dt = 1/ms : 1')
    >>> run(2*ms)
    >>> round(float(cells.v[0]), 6)
    2.0
    """
    magic_network.run(duration, report, report_period, namespace, profile, level, on_nonfinite)


def check(
    duration: Any,
    refinements: int = 1,
    namespace: Mapping[str, Any] | None = None,
    level: int = 0,
) -> Accuracy:
    """What half the step changes in all that the calling script sees; see Network.check.

    >>> from rheobase import NeuronGroup, check, ms
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', method='euler', name='decaying')
    >>> cells.v = 1
    >>> check(10*ms)['decaying', 'v'].largest < 0.002
    True
    """
    return magic_network.check(duration, refinements, namespace, level)


def stop() -> None:
    """End the run that goes on after its present step; it can be continued.

    >>> from rheobase import stop
    >>> stop()  # nothing is running: no effect
    """
    for network in running_networks():
        network.stop()


def start_scope() -> None:
    """Leave all objects created so far out of further run() calls.

    >>> from rheobase import NeuronGroup, collect, start_scope
    >>> cells = NeuronGroup(1, 'v : 1')
    >>> start_scope()
    >>> cells in collect()
    False
    """
    new_scope()


def store(name: str = "default", filename: Any = None, level: int = 0) -> None:
    """Keep the state of all objects that the calling script sees; see Network.store.

    >>> from rheobase import NeuronGroup, ms, restore, run, store
    >>> cells = NeuronGroup(1, 'dv/dt = 1/ms : 1')
    >>> store()
    >>> run(2*ms)
    >>> restore()
    >>> float(cells.v[0])
    0.0
    """
    magic_network.store(name, filename, level)


def restore(
    name: str = "default",
    filename: Any = None,
    restore_random_state: bool = False,
    level: int = 0,
) -> None:
    """Go back to a state that store() has kept; see Network.restore.

    >>> from rheobase import restore
    >>> restore('never stored')
    Traceback (most recent call last):
        ...
    KeyError: 'magicnetwork has stored nothing: call store() before restore()'
    """
    magic_network.restore(name, filename, restore_random_state, level)


def scheduling_summary(net: Network | None = None, level: int = 0) -> SchedulingSummary:
    """What runs in a step, in order: of a network, or of what the calling script sees.

    >>> from rheobase import NeuronGroup, scheduling_summary
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', name='cells')
    >>> print(scheduling_summary())
    object                                      slot    order  step
    ---------------------------------------------------------------------------------
    cells_stateupdater (StateUpdater of cells)  groups  0      100. us (defaultclock)
    """
    if net is not None:
        return net.scheduling_summary()
    return SchedulingSummary(magic_network.entries(collect(level)))


def profiling_summary(net: Network | None = None, show: int | None = None) -> ProfilingSummary:
    """What the kernels of the last run(..., profile=True) cost, the dearest first.

    Two lines are for the rest, so that all of them add up to the time of the run: "(preparing)" is
    what comes before the first step (names, checks, compiling), "(run loop)" what goes on between
    kernels (the schedule, looking at the clock, returns to Python, making room for what is
    recorded).

    net    a network; None: the magic one
    show   how many kernels; None: all

    Raises ModelValueError if that run was not profiled.

    >>> from rheobase import NeuronGroup, ms, profiling_summary, run
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', name='cells')
    >>> run(1*ms, profile=True)
    >>> [entry.name for entry in profiling_summary().entries]
    ['cells_stateupdater']
    """
    network = magic_network if net is None else net
    measured = network.measured()
    return ProfilingSummary(measured.entries, show, measured.outside)


def restore_initial_state() -> None:
    """Preferences, devices, logging, random numbers and defaultclock.dt as at the import.

    Preferences go back to where they were after the files had been read.

    >>> from rheobase import defaultclock, restore_initial_state
    >>> restore_initial_state()
    >>> defaultclock.dt
    100. * usecond
    """
    prefs.restore_initial()
    BrianLogger.reset()
    reinit_devices()
    new_scope()
    defaultclock.dt = 1e-4 * second
    seed()
