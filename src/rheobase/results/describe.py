"""What a network is, as plain data that can travel with its results."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from rheobase.model.base import SimulationObject
from rheobase.model.code import Runner
from rheobase.model.group import Group
from rheobase.model.monitors.base import Monitor
from rheobase.model.stateupdater import StateUpdater
from rheobase.model.synapses import Synapses
from rheobase.network import Network
from rheobase.runtime import random
from rheobase.units import Quantity

__all__ = ["FIELD", "describe", "description_json", "description_of"]

FIELD = "rheobase"  # under which a description is kept in attributes and annotations
_PACKAGES = ("rheobase", "numpy", "llvmlite")


def describe(network: Network) -> dict[str, Any]:
    """A network as plain data: everything that json can write.

    versions   of rheobase, Python, numpy, llvmlite
    time       simulated so far, in seconds
    seed       of the random numbers (the draws of the last seed() call)
    groups     a list: class, name, size, equations, method, constants (as text, with units), the
               code that runs and when, and for synapses the number of connections

    State is not part of it: store() keeps that.

    >>> from rheobase import Network, NeuronGroup, ms
    >>> from rheobase.results import describe
    >>> tau = 10*ms
    >>> net = Network(NeuronGroup(2, 'dv/dt = -v/tau : 1', name='cells'))
    >>> net.run(1*ms)
    >>> cells = describe(net)['groups'][0]
    >>> cells['equations'], cells['method'], cells['constants']
    ('dv/dt = -v/tau : 1', 'exact', {'tau': '10. * msecond'})
    """
    groups = [x for x in network.known_objects if isinstance(x, Group)]
    return {
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in _PACKAGES},
        "time": network.t_,
        "seed": random.peek()[0],
        "groups": [_group(g) for g in groups],
    }


def description_json(monitors: tuple[Monitor, ...]) -> str | None:
    """The description of the network that ran the monitors; None if it is gone."""
    for monitor in monitors:
        if isinstance(monitor._network, Network):
            return json.dumps(describe(monitor._network))
    return None


def description_of(result: Any) -> dict[str, Any]:
    """The description that travels with a result: of `to_pandas`, `to_xarray`, `to_neo` or an NWB
    file; KeyError if there is none.

    >>> from rheobase import NeuronGroup, StateMonitor, ms, run
    >>> from rheobase.results import description_of, to_pandas
    >>> G = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', name='cell')
    >>> M = StateMonitor(G, 'v', record=0)
    >>> run(1*ms)
    >>> description_of(to_pandas(M))['groups'][0]['name']
    'cell'
    """
    for holder in ("attrs", "annotations"):  # pandas and xarray; neo
        found = getattr(result, holder, None)
        if found is not None and FIELD in found:
            return json.loads(found[FIELD])
    scratch: Any = getattr(result, "scratch", None)  # NWB
    if scratch is not None and FIELD in scratch:
        return json.loads(str(scratch[FIELD].data))
    raise KeyError(f"there is no description of a model in this {type(result).__name__}")


def _group(group: Group) -> dict[str, Any]:
    found: dict[str, Any] = {
        "class": type(group).__name__,
        "name": group.name,
        "size": len(group),
        "dt": group.clock.dt_,
        "constants": {n: _text(q) for n, q in group._constants.values().items()},
        "code": [_code(x) for x in group.contained_objects if _is_code(x)],
    }
    equations = getattr(group, "user_equations", None)
    if equations is not None:
        found["equations"] = "\n".join(e.source for e in equations.values())
    updater = getattr(group, "state_updater", None)
    if isinstance(updater, StateUpdater) and updater.method is not None:
        found["method"] = updater.method.name
    if isinstance(group, Synapses):
        found["source"], found["target"] = group.source.name, group.target.name
    return found


def _is_code(x: SimulationObject) -> bool:
    return isinstance(x, Runner) and not isinstance(x, StateUpdater)


def _code(runner: SimulationObject) -> dict[str, Any]:
    assert isinstance(runner, Runner)
    return {
        "name": runner.name,
        "when": runner.when,
        "order": runner.order,
        "lines": runner.listing(),
    }


def _text(value: Quantity) -> str:
    return repr(value) if np.ndim(value) == 0 else str(value)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
