"""What arrives at each node of a NIR graph: the maps between nodes that have a state.

A NIR graph has nodes with dynamics and, between them, nodes that only map or delay. The second
kind is put together, along each way through the graph, to one list of links.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelError, ModelValueError, UnsupportedError, raise_faults
from rheobase.exchange.links import (
    Links,
    blocks,
    convolution,
    diagonal,
    identity,
    later,
    then,
)
from rheobase.records import record

__all__ = ["DYNAMIC", "Path", "Signal", "Signals", "flat", "kind_of", "size_of"]

DYNAMIC = ("LI", "LIF", "IF", "I", "CubaLI", "CubaLIF", "Threshold", "Input")
_WEIGHTS = ("Affine", "Linear", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d")

Floats = NDArray[np.float64]


@record
class Path:
    """What a node contributes to the input of another.

    source   name of a node with dynamics
    links    from its elements to those of the receiver
    names    the nodes with weights on the way
    """

    source: str
    links: Links
    names: tuple[str, ...] = ()


@record
class Signal:
    """The sum of paths and a constant, (n,): what arrives at a node."""

    paths: tuple[Path, ...]
    constant: Floats


def kind_of(node: Any) -> str:
    """The name of a node's primitive: 'LIF'."""
    return type(node).__name__


def size_of(node: Any) -> int:
    """The number of elements of a node with dynamics, or of an Output."""
    if kind_of(node) == "Threshold":
        return _floats(node.threshold).size
    known: dict[str, Any] = node.output_type if kind_of(node) == "Output" else node.input_type
    shape: Any = next(iter(known.values()), None)
    if shape is None:
        _refuse(ModelValueError, f"The shape of a node of the kind {kind_of(node)} is not known.")
    return int(_floats(shape).prod())


def flat(graph: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Nodes and edges with all graphs inside the graph opened; their nodes are 'graph.node'.

    The Input and Output of a graph that stood inside pass on what they get: they become None.
    """
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    enter: dict[str, str] = {}
    leave: dict[str, str] = {}
    inside: dict[str, Any] = graph.nodes
    for name, node in inside.items():
        if kind_of(node) != "NIRGraph":
            nodes[name] = node
            continue
        inner, inner_edges = flat(node)
        doors = {
            kind: [k for k, n in inner.items() if kind_of(n) == kind]
            for kind in ("Input", "Output")
        }
        for kind, found in doors.items():
            if len(found) != 1:
                _refuse(
                    UnsupportedError,
                    f"The graph '{name}' inside the graph has {len(found)} nodes {kind}; with one, "
                    "it is clear what an edge to or from the graph means.",
                )
            inner[found[0]] = None
        enter[name], leave[name] = (f"{name}.{doors[kind][0]}" for kind in ("Input", "Output"))
        nodes |= {f"{name}.{k}": n for k, n in inner.items()}
        edges += [(f"{name}.{a}", f"{name}.{b}") for a, b in inner_edges]
    outer: list[tuple[str, str]] = graph.edges
    edges += [(leave.get(a, a), enter.get(b, b)) for a, b in outer]
    return nodes, edges


class Signals:
    """What arrives at each node of a flat graph."""

    def __init__(self, nodes: dict[str, Any], edges: list[tuple[str, str]]) -> None:
        self.nodes = nodes
        self.before: dict[str, list[str]] = {name: [] for name in nodes}
        for a, b in dict.fromkeys(edges):
            self.before[b].append(a)
        self._known: dict[str, Signal] = {}
        self._open: list[str] = []  # on the way back from a node

    def into(self, name: str, n: int) -> Signal:
        """The input of a node of n elements."""
        found = [self._out_of(p) for p in self.before[name]]
        constant = np.zeros(n)
        for p, signal in zip(self.before[name], found):
            if signal.constant.size != n:
                _refuse(
                    ModelValueError,
                    f"'{p}' has {signal.constant.size} elements, but '{name}' takes {n}.",
                )
            constant = constant + signal.constant
        return Signal(tuple(path for signal in found for path in signal.paths), constant)

    def _out_of(self, name: str) -> Signal:
        if name in self._open:
            ring = ", ".join(self._open[self._open.index(name) :])
            _refuse(
                UnsupportedError,
                f"The nodes {ring} form a ring in which no node has a state, so that nothing says "
                "what its signal is.",
            )
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self._computed(name)
            self._open.pop()
        return self._known[name]

    def _computed(self, name: str) -> Signal:
        node = self.nodes[name]
        if kind_of(node) in DYNAMIC:
            n = size_of(node)
            return Signal((Path(name, identity(n)),), np.zeros(n))
        if node is None or kind_of(node) == "Flatten":  # C order: elements keep their numbers
            sizes = [self._out_of(p).constant.size for p in self.before[name]]
            return self.into(name, sizes[0] if sizes else 0)
        links, bias = _map_of(name, node)
        coming = self.into(name, links.n_in)
        names = (name,) if kind_of(node) in _WEIGHTS else ()
        paths = tuple(Path(p.source, then(p.links, links), p.names + names) for p in coming.paths)
        return Signal(paths, links.of(coming.constant) + bias)


def _map_of(name: str, node: Any) -> tuple[Links, Floats | float]:
    """What a node without state does: a map, and a constant that it adds."""
    match kind_of(node):
        case "Linear":
            return _matrix(node.weight), 0.0
        case "Affine":
            return _matrix(node.weight), _floats(node.bias).ravel()
        case "Scale":
            return diagonal(_floats(node.scale)), 0.0
        case "Delay":
            return later(_floats(node.delay)), 0.0
        case "Conv1d" | "Conv2d":
            return _convolution(name, node)
        case "SumPool2d" | "AvgPool2d":
            return _pooling(name, node), 0.0
        case kind:
            _refuse(
                UnsupportedError,
                f"The node '{name}' is of the kind {kind}, which has no meaning here. "
                f"Known are {', '.join((*DYNAMIC, *_WEIGHTS, 'Delay', 'Flatten', 'Output'))}.",
            )
            raise AssertionError


def _matrix(weight: Any) -> Links:
    w = _floats(weight)
    return blocks(w.reshape(-1, *w.shape[-2:]))


def _convolution(name: str, node: Any) -> tuple[Links, Floats]:
    weight = _floats(node.weight)
    n = weight.ndim - 2
    if node.input_shape is None:
        _refuse(
            ModelValueError,
            f"The node '{name}' does not say how large its input is (input_shape).",
            "graph.infer_types() finds it if the Input says its shape.",
        )
    dilation = _each(node.dilation, n)
    padding = _padding(name, node.padding, weight.shape[2:], dilation)
    links, shape = convolution(
        weight, _each(node.input_shape, n), _each(node.stride, n), padding, dilation, node.groups
    )
    bias = np.repeat(_floats(node.bias), int(np.prod(shape[1:])))
    return links, bias


def _padding(
    name: str, padding: Any, kernel: tuple[int, ...], dilation: list[int]
) -> list[tuple[int, int]]:
    """Zeros before and after; 'same' keeps the size, with the odd one after, as in PyTorch."""
    word = padding.decode() if isinstance(padding, bytes) else padding
    if not isinstance(word, str):
        return [(p, p) for p in _each(padding, len(kernel))]
    if word == "same":
        both = [d * (k - 1) for k, d in zip(kernel, dilation)]
        return [(b // 2, b - b // 2) for b in both]
    if word != "valid":
        _refuse(ModelValueError, f"The node '{name}' has the padding '{word}'.")
    return [(0, 0)] * len(kernel)


def _pooling(name: str, node: Any) -> Links:
    """Sums or means over windows: a convolution of each channel by itself."""
    shape = node.input_type.get("input")
    if shape is None:
        _refuse(
            ModelValueError,
            f"The node '{name}' does not say how large its input is.",
            "graph.infer_types() finds it if the Input says its shape.",
        )
    channels, *space = map(int, shape)
    kernel = _each(node.kernel_size, 2)
    value = 1 / np.prod(kernel) if kind_of(node) == "AvgPool2d" else 1.0
    padding = [(p, p) for p in _each(node.padding, 2)]
    weight = np.full((channels, 1, *kernel), value)
    links, _ = convolution(weight, space, _each(node.stride, 2), padding, [1, 1], channels)
    return links


def _each(value: Any, n: int) -> list[int]:
    """One number for each of n dimensions."""
    return [int(x) for x in np.broadcast_to(np.asarray(value), n)]


def _floats(values: Any) -> Floats:
    return np.asarray(values, float)


def _refuse(error: type[ModelError], message: str, hint: str = "") -> NoReturn:
    raise_faults([Fault(error, message, hint=hint)], "NIR graph")
    raise AssertionError
