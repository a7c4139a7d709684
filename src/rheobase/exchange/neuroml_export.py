"""Networks of single-compartment neurons as LEMS files on the core types of NeuroML 2.

Source of the languages: Cannon et al. 2014, Front. Neuroinform. 8:79; docs.neuroml.org.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError, UnsupportedError, raise_faults
from rheobase.exchange.lems_cells import Cells, Impulse, cells_of
from rheobase.exchange.lems_units import Dimensions, number
from rheobase.exchange.reading import Worth, numbers_in_root, refuse, refuse_extras, root_of
from rheobase.lang.nodes import Name, Unary
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import seconds
from rheobase.model.group import Group
from rheobase.model.monitors.base import Monitor
from rheobase.model.monitors.spikes import SpikeMonitor
from rheobase.model.monitors.states import StateMonitor
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.poissongroup import PoissonGroup
from rheobase.model.spikegenerator import SpikeGeneratorGroup
from rheobase.model.subgroup import Subgroup
from rheobase.model.synapses import Synapses
from rheobase.network import Network
from rheobase.units import hertz, second
from rheobase.units.dimensions import Dimension

__all__ = ["to_neuroml"]

Floats = NDArray[np.float64]
_CORE = ("Cells.xml", "Networks.xml", "Simulation.xml")


@dataclass
class _Arrivals:
    """Synapses in LEMS.

    kind         the name of their ComponentType
    variables    {variable of the target: (dimension, (n,) what an event adds to it)}
    """

    synapses: Synapses
    kind: str
    variables: dict[str, tuple[Dimension, Floats]] = field(
        default_factory=dict[str, tuple[Dimension, Floats]]
    )


def to_neuroml(
    network: Network,
    path: str | os.PathLike[str],
    duration: Any,
    dt: Any = None,
    namespace: Mapping[str, Any] | None = None,
    level: int = 0,
) -> None:
    """Write a network and its simulation to a LEMS file, on the core types of NeuroML 2.

    network     NeuronGroups, Synapses, SpikeGeneratorGroups, PoissonGroups and monitors, in their
                present state
    path        of the file; `jnml LEMS_model.xml -nogui` runs it
    duration    of the simulation
    dt          its step; None: that of the first group
    namespace   names of external constants; default: those that the calling script sees

    A group becomes a ComponentType (`cells_type`) with its equations, and populations of the
    components in which its neurons differ: one population `cells` if they are all alike, else
    `cells_0`, `cells_1`, ... for the first neurons, the second kind, and so on. Parameters and
    constants of the script are parameters of the components, start values are `v_start`. Units are
    the names of NeuroML's core (mV is a voltage), others are defined in the file.

    Events carry no numbers in LEMS. So each kind of synapse adds up what has arrived
    (`sum_v`), and its neuron adds what is new in each step: `v_post += w` and the like, with any
    delays and weights that do not change. A SpikeMonitor becomes an event file, a StateMonitor a
    file of columns, named after them.

    Integration is that of the program that runs the file, in general explicit Euler.
    Raises UnsupportedError, with all that cannot be said: noise, plastic synapses, functions that
    LEMS does not have.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from rheobase import Network, NeuronGroup, SpikeMonitor, ms, mV
    >>> from rheobase.exchange import to_neuroml
    >>> tau = 10*ms
    >>> cells = NeuronGroup(2, 'dv/dt = (20*mV - v)/tau : volt', threshold='v > 15*mV',
    ...                     reset='v = 0*mV', name='cells')
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / 'LEMS_cells.xml'
    ...     to_neuroml(Network(cells, SpikeMonitor(cells)), path, 100*ms)
    ...     text = path.read_text()
    >>> text[text.index('<TimeDerivative'):].splitlines()[0]
    '<TimeDerivative variable="v" value="(((20 * mV) - v) / tau)" />'
    """
    if not isinstance(network, Network):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ModelTypeError(f"to_neuroml takes a Network, not {network!r}")
    names = caller_namespace(level) if namespace is None else namespace
    length = seconds(duration, "to_neuroml: duration")
    step = None if dt is None else seconds(dt, "to_neuroml: dt")
    lems = _Export(network, Path(path).stem, names).lems(length, step)
    indent(lems)
    ElementTree(lems).write(path, encoding="utf-8", xml_declaration=True)


class _Export:
    def __init__(self, network: Network, stem: str, namespace: Mapping[str, Any]) -> None:
        self.objects = list(network.known_objects)
        self.stem = stem
        self.namespace = namespace
        self.dimensions = Dimensions()
        self.faults: list[Fault] = []
        self.cells: dict[Group, Cells] = {}
        self.components: list[Element] = []
        self.network = Element("network", id="network")
        self.places: dict[Group, list[str]] = {}  # the path of each neuron

    def lems(self, length: float, step: float | None) -> Element:
        arrivals = [y for x in self.objects if isinstance(x, Synapses) for y in self._arrivals(x)]
        for x in self.objects:
            try:
                self._add_group(x, arrivals)
            except UnsupportedError as error:
                self.faults += error.faults
        raise_faults(self.faults)
        lems = Element("Lems")
        SubElement(lems, "Target", component="simulation")
        for file in _CORE:
            SubElement(lems, "Include", file=file)
        kinds = [_impulse_kind(), _connection_kind()] if arrivals else []
        kinds += [self._arrival_kind(a) for a in arrivals]
        kinds += [c.element for c in self.cells.values()]
        for a in arrivals:
            self._connect(a)
        simulation = self._simulation(length, step)
        self.dimensions.define(lems)
        lems.extend([*kinds, *self.components, self.network, simulation])
        return lems

    # ------------------------------------------------------------ groups
    def _add_group(self, x: Any, arrivals: list[_Arrivals]) -> None:
        if isinstance(x, NeuronGroup):
            own = [a for a in arrivals if root_of(a.synapses.target) is x]
            impulses = [Impulse(a.kind, tuple(a.variables)) for a in own]
            cells = cells_of(x, impulses, self.dimensions, self.namespace)
            self.cells[x] = cells
            self._populate(x, f"{x.name}_type", cells.parameters)
        elif isinstance(x, SpikeGeneratorGroup):
            self._add_spikes(x)
        elif isinstance(x, PoissonGroup):
            rates = Worth(x, self.namespace).of(Name("rates"))
            self._populate(x, "spikeGeneratorPoisson", {"averageRate": (hertz.dim, rates)})
        elif not isinstance(x, (Synapses, Monitor)):
            refuse(x, f"NeuroML has nothing like a {type(x).__name__}.")

    def _populate(
        self, group: Group, kind: str, parameters: dict[str, tuple[Dimension, Floats]]
    ) -> None:
        """Components for what neurons differ in, and a population for each."""
        n = len(group)
        table = np.array([values for _, values in parameters.values()]).reshape(-1, n).T
        _, first, which = np.unique(table, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(np.argsort(first))  # in the order of the neurons
        which = order[which.ravel()]
        places = [""] * n
        for k, example in enumerate(np.sort(first)):
            name = group.name if len(first) == 1 else f"{group.name}_{k}"
            values = {
                p: self.dimensions.quantity(float(x[example]), dim)
                for p, (dim, x) in parameters.items()
            }
            self.components.append(Element(kind, {"id": f"{name}_cell", **values}))
            own = np.flatnonzero(which == k)
            self._population(name, len(own))
            for number_, neuron in enumerate(own):
                places[neuron] = f"{name}[{number_}]"
        self.places[group] = places

    def _population(self, name: str, size: int) -> None:
        SubElement(self.network, "population", id=name, component=f"{name}_cell", size=str(size))

    def _add_spikes(self, group: SpikeGeneratorGroup) -> None:
        """A train of spikes for each neuron."""
        if group.period > 0 * second:
            refuse(group, "Spikes that repeat with a period are not written.")
        indices, times = group.neuron_index, np.asarray(group.spike_time)
        for neuron in range(len(group)):
            array = Element("spikeArray", id=f"{group.name}_{neuron}_cell")
            for k, t in enumerate(np.sort(times[indices == neuron])):
                SubElement(array, "spike", id=str(k), time=f"{number(float(t))} s")
            self.components.append(array)
            self._population(f"{group.name}_{neuron}", 1)
        self.places[group] = [f"{group.name}_{k}[0]" for k in range(len(group))]

    # ------------------------------------------------------------ synapses
    def _arrivals(self, s: Synapses) -> list[_Arrivals]:
        """One entry for each pathway; faults are kept."""
        try:
            refuse_extras(s, "LEMS")
            for group in (s.source, s.target):
                if root_of(group) not in self.objects:
                    refuse(s, f"{group._label} is not in the network.")
            if not isinstance(root_of(s.target), NeuronGroup):
                refuse(s, f"{s.target._label} has no variables, so nothing can arrive.")
            bad = [e for e in s.equations.values() if e.expr is not None]
            if bad:
                refuse(s, f"Only synapses that stay as they are can be written; '{bad[0].varname}' "
                       "changes.", span=bad[0].span)  # fmt: skip
            return [self._pathway(s, name) for name in s.pathways]
        except UnsupportedError as error:
            self.faults += error.faults
            return []

    def _pathway(self, s: Synapses, name: str) -> _Arrivals:
        if s.events[name] != "spike" or s.pathways[name].side.name != "PRE":
            refuse(s, f"The pathway '{name}' is not that of spikes of sources (on_pre).")
        worth = Worth(s, self.namespace)
        found = _Arrivals(s, s.name if len(s.pathways) == 1 else f"{s.name}_{name}")
        target = root_of(s.target)
        assert isinstance(target, NeuronGroup)
        for statement in s.pathways[name].statements:
            variable = statement.target.removesuffix("_post")
            if variable not in target.equations or statement.op not in ("+", "-"):
                refuse(
                    s,
                    "Only code that adds to variables of targets can be written.",
                    "v_post += w",
                    statement.target_span,
                )
            jump = statement.value if statement.op == "+" else Unary("-", statement.value)
            dim, before = found.variables.get(
                variable, (target.equations[variable].dim, np.zeros(len(s)))
            )
            found.variables[variable] = dim, before + worth.of(jump)
        return found

    def _arrival_kind(self, a: _Arrivals) -> Element:
        """Adds up what events bring."""
        kind = Element("ComponentType", name=a.kind, extends="impulse")
        dynamics = Element("Dynamics")
        begin, event = Element("OnStart"), Element("OnEvent", port="in")
        for variable, (dim, _) in a.variables.items():
            name, total = self.dimensions.name(dim), f"sum_{variable}"
            SubElement(kind, "Parameter", name=f"add_{variable}", dimension=name)
            SubElement(kind, "Exposure", name=total, dimension=name)
            SubElement(dynamics, "StateVariable", name=total, dimension=name, exposure=total)
            SubElement(begin, "StateAssignment", variable=total, value="0")
            value = f"{total} + add_{variable}"
            SubElement(event, "StateAssignment", variable=total, value=value)
        dynamics.extend([begin, event])
        kind.append(dynamics)
        return kind

    def _connect(self, a: _Arrivals) -> None:
        """A component for each set of weights, and the connections."""
        s = a.synapses
        n = len(s)
        if not n:
            return
        table = np.array([x for _, x in a.variables.values()]).reshape(-1, n).T
        rows, which = np.unique(table, axis=0, return_inverse=True)
        for k, row in enumerate(rows):
            values = {
                f"add_{v}": self.dimensions.quantity(float(x), dim)
                for (v, (dim, _)), x in zip(a.variables.items(), row)
            }
            self.components.append(Element(a.kind, {"id": f"{a.kind}_{k}", **values}))
        pathway = next(p for n, p in s.pathways.items() if a.kind in (s.name, f"{s.name}_{n}"))
        delays = np.broadcast_to(np.asarray(pathway.delay_[:], float), n)
        sources = numbers_in_root(s.source, s.i)
        targets = numbers_in_root(s.target, s.j)
        before, after = self.places[root_of(s.source)], self.places[root_of(s.target)]
        for k in range(n):
            SubElement(
                self.network, "impulseConnection",
                {"from": before[sources[k]], "to": after[targets[k]]},
                synapse=f"{a.kind}_{which.ravel()[k]}", destination=f"{a.kind}_in",
                delay=self.dimensions.quantity(float(delays[k]), second.dim),
            )  # fmt: skip

    # ------------------------------------------------------------ simulation
    def _simulation(self, length: float, step: float | None) -> Element:
        clocks = [g.clock.dt_ for g in self.places]
        dt = step if step is not None else clocks[0] if clocks else 1e-4
        simulation = Element(
            "Simulation", id="simulation", length=f"{number(length)} s", step=f"{number(dt)} s",
            target="network",
        )  # fmt: skip
        for x in self.objects:
            if isinstance(x, SpikeMonitor):
                self._record_spikes(simulation, x)
            elif isinstance(x, StateMonitor):
                self._record_states(simulation, x)
        return simulation

    def _recorded(self, monitor: Monitor, numbers: Any) -> list[tuple[int, str]]:
        """(number, path) of recorded neurons."""
        source = monitor.source
        whole = numbers_in_root(source, numbers) if isinstance(source, Subgroup) else numbers
        places = self.places[root_of(source)]
        return [(int(n), places[int(k)]) for n, k in zip(numbers, whole)]

    def _record_spikes(self, simulation: Element, monitor: SpikeMonitor) -> None:
        file = SubElement(
            simulation, "EventOutputFile", id=monitor.name,
            fileName=f"{self.stem}.{monitor.name}.spikes", format="TIME_ID",
        )  # fmt: skip
        for k, place in self._recorded(monitor, np.arange(len(monitor.source))):
            SubElement(file, "EventSelection", id=str(k), select=place, eventPort="spike")

    def _record_states(self, simulation: Element, monitor: StateMonitor) -> None:
        cells = self.cells.get(root_of(monitor.source))
        names = [n for n in monitor.state_names() if cells is not None and n in cells.exposed]
        file = SubElement(
            simulation, "OutputFile", id=monitor.name, fileName=f"{self.stem}.{monitor.name}.dat"
        )
        for name in names:
            for k, place in self._recorded(monitor, np.asarray(monitor.indices)):
                SubElement(file, "OutputColumn", id=f"{name}_{k}", quantity=f"{place}/{name}")


def _impulse_kind() -> Element:
    kind = Element("ComponentType", name="impulse", extends="baseStandalone")
    SubElement(kind, "EventPort", name="in", direction="in")
    return kind


def _connection_kind() -> Element:
    """A connection with a delay to one of several kinds of synapses of a neuron."""
    kind = Element("ComponentType", name="impulseConnection", extends="explicitConnection")
    SubElement(kind, "ComponentReference", name="synapse", type="impulse")
    SubElement(kind, "Parameter", name="delay", dimension="time")
    SubElement(kind, "Path", name="from")
    SubElement(kind, "Path", name="to")
    SubElement(kind, "Text", name="destination")
    structure = SubElement(kind, "Structure")
    SubElement(structure, "With", {"instance": "from", "as": "a"})
    SubElement(structure, "With", {"instance": "to", "as": "b"})
    ways = {"from": "a", "to": "b", "receiver": "synapse", "receiverContainer": "destination"}
    SubElement(structure, "EventConnection", ways, delay="delay")
    return kind
