"""run() without a Network: the objects that the calling script can see."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from rheobase.errors import MagicError
from rheobase.model.base import SimulationObject, current_scope, new_scope
from rheobase.model.callers import caller_frame, caller_namespace
from rheobase.network import Network
from rheobase.units import second

__all__ = ["MagicNetwork", "collect", "magic_network", "run", "start_scope", "stop"]


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
        if isinstance(x, SimulationObject) and x.add_to_magic_network and x.scope == current_scope()
    }


class MagicNetwork(Network):
    """The network behind run(): it follows what the script sees.

    All objects new: a new simulation, from t = 0. All known: it goes on. Some of each: MagicError
    (monitors may come and go).
    """

    def __init__(self) -> None:
        super().__init__(name="magic_network")
        self._known: weakref.WeakSet[SimulationObject] = weakref.WeakSet()

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
            self.t_ = 0.0
        self._known = weakref.WeakSet(found)
        self.objects = sorted(found, key=lambda x: x.name)

    def run(
        self,
        duration: Any,
        report: str | Callable[..., None] | None = None,
        report_period: Any = 10 * second,
        namespace: Mapping[str, Any] | None = None,
        level: int = 0,
    ) -> None:
        """Simulate what the calling script sees; see Network.run."""
        self.follow(collect(level))
        names = caller_namespace(level) if namespace is None else namespace
        super().run(duration, report, report_period, names)
        self.objects = []  # the script's names keep the objects alive, not this network


magic_network = MagicNetwork()


def run(
    duration: Any,
    report: str | Callable[..., None] | None = None,
    report_period: Any = 10 * second,
    namespace: Mapping[str, Any] | None = None,
    level: int = 0,
) -> None:
    """Simulate all objects that the calling script sees, for a duration.

    duration        a time >= 0
    report          'text': progress as text; or a function (elapsed, completed, start, duration)
    report_period   how often, in real time
    namespace       external constants; default: the names that the calling script sees
    level           how many frames further out the calling script is

    Raises MagicError if it is unclear which objects are meant; ModelError with everything that is
    wrong with the model.

    >>> from rheobase import NeuronGroup, ms, run
    >>> cells = NeuronGroup(1, 'dv/dt = 1/ms : 1')
    >>> run(2*ms)
    >>> round(float(cells.v[0]), 6)
    2.0
    """
    magic_network.run(duration, report, report_period, namespace, level)


def stop() -> None:
    """End the present run() after its step.

    >>> from rheobase import stop
    >>> stop()  # nothing is running: no effect
    """
    magic_network.stop()


def start_scope() -> None:
    """Leave all objects created so far out of further run() calls.

    >>> from rheobase import NeuronGroup, collect, start_scope
    >>> cells = NeuronGroup(1, 'v : 1')
    >>> start_scope()
    >>> cells in collect()
    False
    """
    new_scope()
