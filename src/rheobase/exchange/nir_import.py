"""Networks from graphs of the Neuromorphic Intermediate Representation (NIR).

Source of the primitives: Pedersen et al. 2024, Nat. Commun. 15:8122, Table 1 and Methods.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from rheobase.errors import (
    Fault,
    ModelError,
    ModelTypeError,
    ModelValueError,
    UnsupportedError,
    raise_faults,
)
from rheobase.exchange.libraries import library
from rheobase.exchange.links import Links
from rheobase.exchange.nir_signals import Path, Signal, Signals, flat, kind_of, size_of
from rheobase.model.clock import Clock, defaultclock
from rheobase.model.group import Group
from rheobase.model.monitors import SpikeMonitor, StateMonitor
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.spikegenerator import SpikeGeneratorGroup
from rheobase.model.synapses import Synapses
from rheobase.model.timedarray import TimedArray
from rheobase.network import Network
from rheobase.records import record
from rheobase.units import second

__all__ = ["from_nir"]


@record
class _Kind:
    """How a primitive becomes a group.

    equations    of the state; the input is I
    parameters   its arrays, by their names in NIR, and their units
    on_pre       what a spike of weight w does; None: the primitive takes no spikes
    threshold    None: its output is the variable v
    """

    equations: str
    parameters: Mapping[str, str]
    on_pre: str | None
    threshold: str | None = None
    reset: str | None = None


_SPIKES = {"threshold": "v > v_threshold", "reset": "v = v_reset"}
_THRESHOLDS = {"v_threshold": "1", "v_reset": "1"}
_LI = "dv/dt = (v_leak - v + r*I)/tau : 1"
_I = "dv/dt = r*I/second : 1"
_CUBA = """dv/dt = (v_leak - v + r*i_syn)/tau_mem : 1
           di_syn/dt = (w_in*I - i_syn)/tau_syn : 1"""
_LI_PULSE = "v_post += r_post*w*spike_area/tau_post"
_I_PULSE = "v_post += r_post*w*spike_area/second"
_CUBA_PULSE = "i_syn_post += w_in_post*w*spike_area/tau_syn_post"
_LI_PARAMETERS = {"tau": "second", "r": "1", "v_leak": "1"}
_CUBA_PARAMETERS = {"tau_syn": "second", "tau_mem": "second", "r": "1", "v_leak": "1", "w_in": "1"}

_KINDS = {
    "LI": _Kind(_LI, _LI_PARAMETERS, _LI_PULSE),
    "LIF": _Kind(_LI, _LI_PARAMETERS | _THRESHOLDS, _LI_PULSE, **_SPIKES),
    "I": _Kind(_I, {"r": "1"}, _I_PULSE),
    "IF": _Kind(_I, {"r": "1"} | _THRESHOLDS, _I_PULSE, **_SPIKES),
    "CubaLI": _Kind(_CUBA, _CUBA_PARAMETERS, _CUBA_PULSE),
    "CubaLIF": _Kind(_CUBA, _CUBA_PARAMETERS | _THRESHOLDS, _CUBA_PULSE, **_SPIKES),
    "Threshold": _Kind("", {"threshold": "1"}, None, "I > threshold", ""),
}


def from_nir(
    graph: Any,
    dt: Any = None,
    inputs: Mapping[str, Any] | None = None,
    spike_area: Any = None,
    method: str = "exact",
) -> Network:
    """A Network from a NIR graph; needs the package nir (the extra `nir`).

    graph       a nir.NIRGraph, or the path of a file
    dt          the step of the network; None: that of defaultclock
    inputs      {name of an Input: what drives it}: a group that spikes, or a TimedArray of numbers
                (steps,) or (steps, elements), which is a signal; an Input that is not named here
                becomes a SpikeGeneratorGroup without spikes: net['input'].set_spikes(i, t)
    spike_area  the integral of a spike, a time; None: dt
    method      of integration: 'euler' does what most programs that write NIR do

    LI, LIF, IF, I, CubaLI, CubaLIF, Threshold are groups under the names of their nodes (v.lif
    becomes v_lif), with the parameters of NIR as variables: net['lif'].tau. Linear, Affine, Scale,
    Conv1d, Conv2d, SumPool2d, AvgPool2d, Delay, Flatten between two of them are one Synapses with
    the weights `w`, under the names of the nodes with weights: net['fc'].w. What Affine and
    convolutions add is the variable `bias` of the receiver. An Output is a monitor of the group
    before it: of its spikes, or of its v.

    NIR has no units: numbers are in seconds, and 1 for all else. It does not say how long a spike
    is, either: a spike is an impulse of the integral spike_area, so that one of weight w adds
    r*w*spike_area/tau to v. With None, that is what programs do whose spikes have the value 1 in a
    step; 1*second is the Dirac pulse. Spikes arrive at the end of the step in which they occur.

    Raises ModelError for graphs without a meaning here, and says why: a delayed signal that is no
    spikes, a Threshold of spikes, an Output that weighs or delays.

    >>> import nir, numpy as np
    >>> from rheobase import ms
    >>> from rheobase.exchange import from_nir
    >>> one = np.ones(2)
    >>> lif = nir.LIF(tau=0.01*one, r=one, v_leak=0*one, v_threshold=one)
    >>> graph = nir.NIRGraph.from_list(nir.Affine(np.eye(2), np.array([2.0, 0.0])), lif)
    >>> net = from_nir(graph, dt=0.1*ms)
    >>> net.run(50*ms)
    >>> net['output'].count.tolist()
    [7, 0]
    """
    nir = library("nir", "nir")
    if isinstance(graph, (str, os.PathLike)):
        graph = nir.read(os.fspath(graph))
    if not isinstance(graph, nir.NIRGraph):
        raise ModelTypeError(f"from_nir takes a nir.NIRGraph or the path of a file, not {graph!r}")
    return _Import(graph, dt, dict(inputs or {}), spike_area, method).network()


class _Import:
    def __init__(
        self, graph: Any, dt: Any, inputs: dict[str, Any], spike_area: Any, method: str
    ) -> None:
        self.nodes, edges = flat(graph)
        self.signals = Signals(self.nodes, edges)
        self.clock = defaultclock if dt is None else Clock(dt)
        self.area = self.clock.dt if spike_area is None else spike_area
        self.method = method
        self.names: set[str] = set()
        self.groups: dict[str, Group] = {}
        self.made: list[Any] = []
        self.inputs = inputs
        known = [n for n, x in self.nodes.items() if kind_of(x) == "Input"]
        unknown = set(inputs) - set(known)
        if unknown:
            _refuse(f"there is no Input {sorted(unknown)}; there are {known}", ModelValueError)

    def network(self) -> Network:
        arriving: dict[str, Signal] = {}
        for name, node in self.nodes.items():
            if kind_of(node) == "Input":
                self.groups[name] = self._input(name, size_of(node))
            elif kind_of(node) in _KINDS:
                arriving[name] = self.signals.into(name, size_of(node))
        for name, signal in arriving.items():
            self.groups[name] = self._group(name, signal)
        for name, signal in arriving.items():
            for path in signal.paths:
                self._connect(path, name)
        for name, node in self.nodes.items():
            if kind_of(node) == "Output":
                self._output(name, self.signals.into(name, size_of(node)))
        return Network(*self.made)

    # ------------------------------------------------------------ groups
    def _input(self, name: str, n: int) -> Group:
        given = self.inputs.get(name)
        own = self._name(name)
        if given is None:
            given = SpikeGeneratorGroup(n, [], [] * second, clock=self.clock, name=own)
        elif isinstance(given, TimedArray):
            call = "stimulus(t)" if given.values.ndim == 1 else "stimulus(t, i)"
            given = NeuronGroup(
                n, f"v = {call} : 1", clock=self.clock, name=own, namespace={"stimulus": given}
            )
        if not isinstance(given, Group) or len(given) != n:
            message = f"the Input '{name}' takes a group of {n} elements or a TimedArray, not "
            _refuse(f"{message}{given!r}", ModelTypeError)
        self.made.append(given)
        return given

    def _is_signal(self, name: str) -> bool:
        """Whether the output of a node is a number at any time, and not spikes."""
        if kind_of(self.nodes[name]) == "Input":
            return getattr(self.groups[name], "_spike_source", None) is None
        return _KINDS[kind_of(self.nodes[name])].threshold is None

    def _group(self, name: str, signal: Signal) -> Group:
        node = self.nodes[name]
        kind = _KINDS[kind_of(node)]
        has_signal = any(self._is_signal(p.source) for p in signal.paths)
        lines = [kind.equations, "I = bias + signal : 1" if has_signal else "I = bias : 1"]
        lines += ["signal : 1"] if has_signal else []
        lines += [
            f"{n} : {unit} (constant)" for n, unit in {**kind.parameters, "bias": "1"}.items()
        ]
        group = NeuronGroup(
            signal.constant.size,
            "\n".join(lines),
            threshold=kind.threshold,
            reset=kind.reset,
            method=self.method,
            clock=self.clock,
            name=self._name(name),
        )
        for parameter in kind.parameters:
            values = np.broadcast_to(np.ravel(getattr(node, parameter)), len(group))
            setattr(group, f"{parameter}_", values)
        group.bias = signal.constant
        self.made.append(group)
        return group

    # ------------------------------------------------------------ synapses
    def _connect(self, path: Path, target: str) -> None:
        kind = _KINDS[kind_of(self.nodes[target])]
        is_signal = self._is_signal(path.source)
        if is_signal and path.links.delays.any():
            _refuse(
                f"a Delay stands between '{path.source}' and '{target}', but the output of "
                f"'{path.source}' is no spikes, and only spikes can be delayed"
            )
        if not is_signal and kind.on_pre is None:
            _refuse(
                f"the Threshold '{target}' gets spikes of '{path.source}'; the threshold of an "
                "impulse has no meaning. Put a node with a state before it"
            )
        source = self.groups[path.source]
        both = (source, self.groups[target])
        own = self._name("_".join(path.names) or f"{path.source}_to_{target}", target)
        if is_signal:
            model = "w : 1\nsignal_post = w*v_pre : 1 (summed)"
            synapses = Synapses(*both, model, clock=self.clock, name=own)
        else:
            area = {"spike_area": self.area}
            synapses = Synapses(
                *both, "w : 1", on_pre=kind.on_pre, clock=self.clock, name=own, namespace=area
            )
            synapses.pathways["pre"].when = "after_resets"  # what arrives in a spike is not lost
        _fill(synapses, path.links, is_signal)
        self.made.append(synapses)

    def _output(self, name: str, signal: Signal) -> None:
        if len(signal.paths) != 1 or not _is_plain(signal):
            _refuse(
                f"the Output '{name}' is a sum, weighs or delays; an Output shows what one node "
                "with a state does. Put LI or LIF before it"
            )
        before = signal.paths[0].source
        group, own = self.groups[before], self._name(name)
        if self._is_signal(before):
            self.made.append(StateMonitor(group, "v", record=True, name=own))
        else:
            self.made.append(SpikeMonitor(group, name=own))

    def _name(self, name: str, beside: str = "") -> str:
        """A name for an object: letters, digits and underscores, and no other object's."""
        plain = re.sub(r"\W", "_", name)
        plain = plain if plain[:1].isalpha() else f"node_{plain}"
        if plain in self.names and beside:
            return self._name(f"{name}_{beside}")
        k, free = 1, plain
        while free in self.names:
            free, k = f"{plain}_{k}", k + 1
        self.names.add(free)
        return free


def _is_plain(signal: Signal) -> bool:
    links = signal.paths[0].links
    passes = len(links) == links.n_in == links.n_out and (links.sources == links.targets).all()
    return bool(passes and (links.weights == 1).all() and not links.delays.any())


def _fill(synapses: Synapses, links: Links, is_signal: bool) -> None:
    if not len(links):
        synapses.connect(False)
        return
    synapses.connect(i=links.sources, j=links.targets)
    synapses.w = links.weights
    if not is_signal and links.delays.any():
        synapses.delay = links.delays * second


def _refuse(message: str, error: type[ModelError] = UnsupportedError) -> NoReturn:
    sentence = message[:1].upper() + message[1:] + "."
    raise_faults([Fault(error, sentence)], "NIR graph")
    raise AssertionError
