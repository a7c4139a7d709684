"""Graphs of the Neuromorphic Intermediate Representation (NIR) from networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError, UnsupportedError, raise_faults
from rheobase.exchange.libraries import library
from rheobase.exchange.links import Links
from rheobase.exchange.nir_cells import Cells, recognised
from rheobase.exchange.reading import (
    Worth,
    numbers_in_root,
    refuse,
    refuse_extras,
    root_of,
    written_out,
)
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import Expr, Unary, names_in
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import seconds
from rheobase.model.group import Group
from rheobase.model.monitors.base import Monitor
from rheobase.model.monitors.spikes import SpikeMonitor
from rheobase.model.monitors.states import StateMonitor
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.poissongroup import PoissonGroup
from rheobase.model.spikegenerator import SpikeGeneratorGroup
from rheobase.model.synapses import Synapses
from rheobase.network import Network

__all__ = ["to_nir"]

Floats = NDArray[np.float64]


def to_nir(
    network: Network,
    spike_area: Any = None,
    namespace: Mapping[str, Any] | None = None,
    level: int = 0,
) -> Any:
    """A network as a nir.NIRGraph; `nir.write(path, graph)` makes a file of it.

    network     groups, synapses and monitors
    spike_area  the integral of a spike in the graph, a time; None: the dt of each group, so that
                programs whose spikes have the value 1 in a step read what is meant
    namespace   names of external constants; default: those that the calling script sees

    A group is LI, LIF, I, IF, CubaLI or CubaLIF if its differential equations are linear with their
    coefficients, whatever its variables are called; a threshold has the form v > x, a reset v = x.
    Synapses that add to v (to the synaptic current of a Cuba model), or sum the v of nodes that do
    not spike, become Linear, Scale (element by element), or nothing (where they only pass on);
    delays that depend on one side only become a Delay. A parameter or subexpression `I` is the
    input current: its factor is R, and its constant part makes the Linear an Affine. Without one
    R makes the weight 1 where the model has the weight 1. SpikeGeneratorGroup, PoissonGroup, and
    groups that only have values are Input. What monitors see is Output; without monitors, each
    group from which no synapses come.

    Numbers are in SI units without their units. Groups are flat: shapes are lost.
    Raises UnsupportedError, with all that NIR has no primitive for.

    >>> from rheobase import Network, NeuronGroup, PoissonGroup, Synapses, Hz, ms, mV
    >>> from rheobase.exchange import to_nir
    >>> noise = PoissonGroup(2, 10*Hz, name='noise')
    >>> cells = NeuronGroup(3, 'dv/dt = (-70*mV - v)/(10*ms) : volt', threshold='v > -50*mV',
    ...                     reset='v = -65*mV', name='cells')
    >>> links = Synapses(noise, cells, 'w : volt', on_pre='v += w', name='links')
    >>> links.connect()
    >>> links.w = 2*mV
    >>> graph = to_nir(Network(noise, cells, links))
    >>> [(name, type(node).__name__) for name, node in graph.nodes.items()]
    [('noise', 'Input'), ('cells', 'LIF'), ('links', 'Linear'), ('cells_output', 'Output')]
    >>> graph.nodes['links'].weight.tolist()
    [[0.002, 0.002], [0.002, 0.002], [0.002, 0.002]]
    """
    if not isinstance(network, Network):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ModelTypeError(f"to_nir takes a Network, not {network!r}")
    library("nir", "nir")
    names = caller_namespace(level) if namespace is None else namespace
    area = None if spike_area is None else seconds(spike_area, "to_nir: spike_area")
    return _Export(network, area, names).graph()


class _Export:
    def __init__(self, network: Network, area: float | None, namespace: Mapping[str, Any]) -> None:
        self.objects = list(network.known_objects)
        self.area = area
        self.namespace = namespace
        self.cells: dict[Group, Cells] = {}
        self.faults: list[Fault] = []
        self.nodes: dict[str, Any] = {}
        self.edges: list[tuple[str, str]] = []
        self.nir = library("nir", "nir")

    def graph(self) -> Any:
        self._recognise()
        synapses = [x for x in self.objects if isinstance(x, Synapses)]
        found = [(s, w) for s in synapses for w in self._weights(s)]
        raise_faults(self.faults)
        for group, cells in self.cells.items():
            self.nodes[group.name] = self._node(cells)
        for s, links in found:
            self._connect(s, links)
        self._outputs()
        return self.nir.NIRGraph(self.nodes, self.edges)

    # ------------------------------------------------------------ groups
    def _recognise(self) -> None:
        for x in self.objects:
            try:
                if isinstance(x, (Synapses, Monitor)):
                    continue
                if isinstance(x, (SpikeGeneratorGroup, PoissonGroup)):
                    self.cells[x] = Cells(x, "Input")
                elif isinstance(x, NeuronGroup):
                    summed = self._summed_into(x)
                    self.cells[x] = recognised(x, Worth(x, self.namespace), summed)
                else:
                    refuse(x, f"NIR has nothing like a {type(x).__name__}.")
            except UnsupportedError as error:
                self.faults += error.faults

    def _summed_into(self, group: Group) -> list[str]:
        """Variables of a group that are sums over synapses of the network."""
        return sorted(
            {
                e.varname.removesuffix("_post")
                for s in self.objects
                if isinstance(s, Synapses) and root_of(s.target) is group
                for e in s.equations.values()
                if "summed" in e.flags
            }
        )

    def _node(self, cells: Cells) -> Any:
        n = len(cells.group)
        if cells.kind == "Input":
            return self.nir.Input(np.array([n]))
        gain = np.ones(n) if cells.gain is None else cells.gain
        values = dict(cells.values)
        if cells.kind.startswith("Cuba"):
            values["w_in"] = gain
        elif cells.kind != "Threshold":
            values["r"] = gain
        targeted = any(isinstance(s, Synapses) and root_of(s.target) is cells.group
                       for s in self.objects)  # fmt: skip
        if cells.bias.any() and not targeted:
            if "v_leak" not in values or cells.kind.startswith("Cuba"):
                refuse(
                    cells.group,
                    "A constant input current needs an Affine in NIR, and so synapses from "
                    "somewhere.",
                )
            values["v_leak"] = values["v_leak"] + gain * cells.bias
        return getattr(self.nir, cells.kind)(**values)

    # ------------------------------------------------------------ synapses
    def _weights(self, s: Synapses) -> Iterator[Links]:
        """The links of synapses, with weights as NIR has them."""
        try:
            source, target = self._ends(s)
            if source is None or target is None:
                return
            yield (
                self._signal_links(s, source, target)
                if source.output
                else self._spike_links(s, target)
            )
        except UnsupportedError as error:
            self.faults += error.faults

    def _ends(self, s: Synapses) -> tuple[Cells | None, Cells | None]:
        refuse_extras(s, "NIR")
        for group in (s.source, s.target):
            if root_of(group) not in self.objects:
                refuse(s, f"{group._label} is not in the network.")
        if set(s.pathways) - {"pre"}:
            refuse(s, "NIR has no code for spikes of targets, and one piece for those of sources.")
        if [e for e in s.equations.values() if e.type == "differential equation"]:
            refuse(s, "NIR has synapses without differential equations only.")
        found = self.cells.get(root_of(s.source)), self.cells.get(root_of(s.target))
        if found[1] is not None and found[1].kind == "Input":
            refuse(s, f"{s.target._label} has no differential equations, so nothing can arrive.")
        return found

    def _spike_links(self, s: Synapses, target: Cells) -> Links:
        if "pre" not in s.pathways or s.events["pre"] != "spike":
            refuse(s, "NIR has synapses that do something for each spike of their source (on_pre).")
        statements = s.pathways["pre"].statements
        one = statements[0]
        wanted = f"{target.into}_post"
        if (
            len(statements) != 1
            or one.op not in ("+", "-")
            or one.target not in (wanted, target.into)
        ):
            refuse(
                s,
                f"In NIR a spike adds to '{target.into}', the variable of {target.group._label} "
                "that takes inputs, and does nothing else.",
                f"{wanted} += ...",
                one.target_span,
            )
        jump = one.value if one.op == "+" else Unary("-", one.value)
        jumps = Worth(s, self.namespace).of(jump)
        targets = numbers_in_root(s.target, s.j)
        area = s.target.clock.dt_ if self.area is None else self.area
        if target.gain is None:
            target.gain = self._gain_of_unit_weight(s, jump, target, targets, area)
        weights = jumps / (target.gain * target.rate * area)[targets]
        delays = np.broadcast_to(np.asarray(s.pathways["pre"].delay_[:], float), len(s))
        return self._links(s, targets, weights, delays)

    def _gain_of_unit_weight(
        self, s: Synapses, jump: Expr, target: Cells, targets: Any, area: float
    ) -> Floats:
        """The gain with which a weight of NIR is the weight of the model."""
        per_weight = np.ones(len(target.group))
        own = [n for n in names_in(jump) if n in s.equations]
        linear = linear_coefficients(jump, own) if len(own) == 1 else None
        worth = Worth(s, self.namespace)
        if linear is not None and not worth.of(linear[1]).any():
            factors = worth.of(linear[0][own[0]])
            per_weight[targets] = factors
            if not (per_weight[targets] == factors).all() or not per_weight.all():
                per_weight[:] = 1
        return per_weight / (target.rate * area)

    def _signal_links(self, s: Synapses, source: Cells, target: Cells) -> Links:
        summed = [e for e in s.equations.values() if "summed" in e.flags]
        if len(summed) != 1 or s.pathways:
            refuse(
                s,
                f"The output of {source.group._label} is a number at any time; in NIR synapses "
                "weigh it: one summed equation, and no on_pre.",
                f"x_post = w*{source.output}_pre : 1 (summed)",
            )
        stem = summed[0].varname.removesuffix("_post")
        expr = written_out(s.equations, summed[0].varname)
        output = f"{source.output}_pre"
        if source.kind == "Input":
            output = next((n for n in names_in(expr) if n.endswith("_pre")), output)
        linear = linear_coefficients(expr, [output])
        worth = Worth(s, self.namespace)
        if linear is None or stem not in target.signals or worth.of(linear[1]).any():
            refuse(
                s,
                f"In NIR what arrives is a weight times '{output}', summed into the input of "
                f"{target.group._label}.",
                span=summed[0].span,
            )
        gain = np.ones(len(target.group)) if target.gain is None else target.gain
        targets = numbers_in_root(s.target, s.j)
        factor = target.signals[stem] / (gain * target.rate)
        weights = worth.of(linear[0][output]) * factor[targets]
        return self._links(s, targets, weights, np.zeros(len(s)))

    def _links(self, s: Synapses, targets: Any, weights: Floats, delays: Any) -> Links:
        sources = numbers_in_root(s.source, s.i)
        n_in, n_out = len(root_of(s.source)), len(root_of(s.target))
        return Links(n_in, n_out, sources, targets, weights, np.asarray(delays, np.float64))

    # ------------------------------------------------------------ nodes between groups
    def _connect(self, s: Synapses, links: Links) -> None:
        source, target = root_of(s.source), root_of(s.target)
        before, after = self._delay_nodes(s, links)
        way = [source.name]
        if before is not None:
            way.append(f"{s.name}_delay")
            self.nodes[way[-1]] = before
        cells = self.cells[target]
        node = self._weight_node(s, links, cells.bias)
        cells.bias = np.zeros_like(cells.bias)  # it arrives once
        if node is not None:
            way.append(s.name)
            self.nodes[s.name] = node
        if after is not None:
            way.append(f"{s.name}_delay")
            self.nodes[way[-1]] = after
        self.edges += zip(way, [*way[1:], target.name])

    def _weight_node(self, s: Synapses, links: Links, bias: Floats) -> Any:
        """A node for the weights; None where synapses only pass on."""
        matrix = links.matrix()
        if bias.any():
            return self.nir.Affine(matrix, np.broadcast_to(bias, links.n_out).copy())
        n = links.n_in
        one_by_one = n == links.n_out > 1 and len(links) == n
        if not one_by_one or np.count_nonzero(matrix - np.diag(np.diag(matrix))):
            return self.nir.Linear(matrix)
        diagonal = np.diag(matrix).copy()
        passes = (np.abs(diagonal - 1) < 1e-14).all()  # the rounding of r*rate*area and back
        edge = (root_of(s.source).name, root_of(s.target).name)
        return None if passes and edge not in self.edges else self.nir.Scale(diagonal)

    def _delay_nodes(self, s: Synapses, links: Links) -> tuple[Any, Any]:
        """A Delay before the weights, or behind them."""
        if not links.delays.any():
            return None, None
        for side, n in ((links.sources, links.n_in), (links.targets, links.n_out)):
            each = np.zeros(n)
            each[side] = links.delays
            if (each[side] == links.delays).all():
                node = self.nir.Delay(each)
                return (node, None) if side is links.sources else (None, node)
        refuse(
            s,
            "Each synapse has a delay of its own; a Delay of NIR has one for each source, or for "
            "each target.",
        )
        raise AssertionError

    def _outputs(self) -> None:
        seen = [x for x in self.objects if isinstance(x, (SpikeMonitor, StateMonitor))]
        found = [(x.name, x.source) for x in seen if self._shows_output(x)]
        if not found:
            senders = {a for a, _ in self.edges}
            rest = [g for g, c in self.cells.items() if g.name not in senders and c.kind != "Input"]
            found = [(f"{g.name}_output", g) for g in rest]
        for name, group in found:
            self.nodes[name] = self.nir.Output(np.array([len(group)]))
            self.edges.append((group.name, name))

    def _shows_output(self, monitor: Monitor) -> bool:
        cells = self.cells.get(monitor.source)
        if cells is None or cells.kind == "Input":
            return False
        if isinstance(monitor, StateMonitor):
            return bool(cells.output) and cells.output in monitor.state_names()
        return not cells.output
