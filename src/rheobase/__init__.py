"""Spiking neural networks from equations with units, at the speed of C, without a compiler.

>>> from rheobase import *
>>> cells = NeuronGroup(10, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
>>> spikes = SpikeMonitor(cells)
>>> run(100*ms)
"""

from __future__ import annotations

from typing import Any

from rheobase import units as _units
from rheobase.devices import all_devices, device, get_device, reset_device, set_device
from rheobase.equations import Equations, Expression, SingleEquation, Statements
from rheobase.errors import (
    EquationError,
    IntegrationError,
    MagicError,
    ModelError,
    ModelIndexError,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    NetworkError,
    RheobaseError,
    UnknownNameError,
    UnsupportedEquationsError,
    UnsupportedError,
)
from rheobase.integration import ExplicitStateUpdater, StateUpdateMethod
from rheobase.logs import BrianLogger, get_logger, std_silent
from rheobase.magic import (
    check,
    collect,
    magic_network,
    profiling_summary,
    restore,
    restore_initial_state,
    run,
    scheduling_summary,
    start_scope,
    stop,
    store,
)
from rheobase.model.binomial import BinomialFunction
from rheobase.model.callers import get_local_namespace
from rheobase.model.clock import Clock, EventClock, defaultclock
from rheobase.model.declarations import declare_types, implementation
from rheobase.model.functions import DEFAULT_FUNCTIONS, Function
from rheobase.model.linked import linked_var
from rheobase.model.monitors import (
    BinnedRateMonitor,
    EventMonitor,
    HistogramMonitor,
    PopulationRateMonitor,
    Recording,
    SpikeMonitor,
    SpikeStatisticsMonitor,
    StateMonitor,
    StatisticsMonitor,
    open_recordings,
)
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.operations import NetworkOperation, network_operation
from rheobase.model.poissongroup import PoissonGroup
from rheobase.model.poissoninput import PoissonInput
from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.model.spikegenerator import SpikeGeneratorGroup
from rheobase.model.states import ImportExport
from rheobase.model.subgroup import EventGroup, Subgroup
from rheobase.model.synapses import Synapses
from rheobase.model.timedarray import TimedArray
from rheobase.morphology import Cylinder, Morphology, Section, Soma
from rheobase.network import Network
from rheobase.preference_names import prefs
from rheobase.preferences import BrianPreference, PreferenceError
from rheobase.runtime.backends import set_backend
from rheobase.runtime.random import seed
from rheobase.sliders import explore

__version__ = "0.1.0"
_UNITS: list[str] = vars(_units)["__all__"]  # which the stub of the module does not have

__all__ = [
    "DEFAULT_FUNCTIONS",
    "BinnedRateMonitor",
    "BinomialFunction",
    "BrianLogger",
    "BrianPreference",
    "Clock",
    "Cylinder",
    "EquationError",
    "Equations",
    "EventClock",
    "EventGroup",
    "EventMonitor",
    "ExplicitStateUpdater",
    "Expression",
    "Function",
    "HistogramMonitor",
    "ImportExport",
    "IntegrationError",
    "MagicError",
    "ModelError",
    "ModelIndexError",
    "ModelSyntaxError",
    "ModelTypeError",
    "ModelValueError",
    "Morphology",
    "Network",
    "NetworkError",
    "NetworkOperation",
    "NeuronGroup",
    "PoissonGroup",
    "PoissonInput",
    "PopulationRateMonitor",
    "PreferenceError",
    "Recording",
    "RheobaseError",
    "Section",
    "SingleEquation",
    "Soma",
    "SpatialNeuron",
    "SpikeGeneratorGroup",
    "SpikeMonitor",
    "SpikeStatisticsMonitor",
    "StateMonitor",
    "StateUpdateMethod",
    "Statements",
    "StatisticsMonitor",
    "Subgroup",
    "Synapses",
    "TimedArray",
    "UnknownNameError",
    "UnsupportedEquationsError",
    "UnsupportedError",
    "all_devices",
    "check",
    "collect",
    "declare_types",
    "defaultclock",
    "device",
    "explore",
    "get_device",
    "get_local_namespace",
    "get_logger",
    "implementation",
    "linked_var",
    "magic_network",
    "network_operation",
    "open_recordings",
    "prefs",
    "profiling_summary",
    "reset_device",
    "restore",
    "restore_initial_state",
    "run",
    "scheduling_summary",
    "seed",
    "set_backend",
    "set_device",
    "start_scope",
    "std_silent",
    "stop",
    "store",
]
__all__ += _UNITS  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in __all__:  # the names of units are made when they are first used
        return getattr(_units, name)
    raise AttributeError(f"module 'rheobase' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
