"""Networks from SONATA files: nodes become groups, edges synapses; the models are the user's."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import FaultList, Source, UnsupportedError, did_you_mean, raise_faults
from rheobase.exchange.sonata_files import (
    PathLike,
    SonataEdges,
    SonataNodes,
    fail,
    read_sonata_edges,
    read_sonata_nodes,
    read_sonata_spikes,
)
from rheobase.lang.check import check_expression
from rheobase.lang.evaluate import evaluate
from rheobase.lang.nodes import names_in
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import Clock, defaultclock
from rheobase.model.group import Group
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.spikegenerator import SpikeGeneratorGroup
from rheobase.model.synapses import Synapses
from rheobase.model.variables import ArrayVariable
from rheobase.network import Network
from rheobase.units import Quantity, ms, second

__all__ = ["from_sonata"]


def from_sonata(
    config: PathLike | None = None,
    *,
    nodes: PathLike | Sequence[Any] = (),
    edges: PathLike | Sequence[Any] = (),
    models: Mapping[str, Mapping[str, Any]],
    synapses: Mapping[str, Mapping[str, Any]],
    components: Sequence[PathLike] = (),
    dt: Any = None,
) -> Network:
    """A Network from SONATA files; needs the package h5py (the extra `sonata`).

    config       the JSON file of a circuit or of a simulation
    nodes        instead of it, files of nodes, each a path or a pair (nodes.h5, node_types.csv)
    edges        files of edges: a path or a pair (edges.h5, edge_types.csv)
    models       {key: arguments of NeuronGroup}
    synapses     {key: arguments of Synapses}
    components   folders with files of parameters (dynamics_params)
    dt           the step; None: that of the config, or of defaultclock

    Which equations are meant is not in the files, or under the name of another simulator, so they
    are given here. A key is the name of a population, a model_template ('nest:iaf_psc_alpha'), a
    model_type, or '*'; the first of these that is given counts, so that nodes of one population
    may be several groups (named population_template). Nodes of the model_type 'virtual' without a
    model are a SpikeGeneratorGroup, with the spikes of the config's inputs.

    The argument `values` says which variables take which attributes: {'w': 'syn_weight*nS'}, any
    expression of attributes and units. Parameters without a unit take the attribute of their name
    without being told. The delay is 'delay*ms' where edges have that attribute.

    Groups and synapses have the names of their populations: net['v1'], net['v1_to_v1'].
    Raises ModelValueError for files and keys that do not fit, DimensionMismatchError for values.

    >>> from tempfile import TemporaryDirectory
    >>> import h5py
    >>> from rheobase import ms
    >>> from rheobase.exchange import from_sonata
    >>> with TemporaryDirectory() as folder:
    ...     nodes, edges = f'{folder}/nodes.h5', f'{folder}/edges.h5'
    ...     with h5py.File(nodes, 'w') as file:
    ...         file['nodes/v1/node_type_id'] = [100, 100, 100]
    ...     with h5py.File(edges, 'w') as file:
    ...         for side, ids in (('source', [0, 1]), ('target', [1, 2])):
    ...             file[f'edges/v1_v1/{side}_node_id'] = ids
    ...             file[f'edges/v1_v1/{side}_node_id'].attrs['node_population'] = 'v1'
    ...         file['edges/v1_v1/edge_type_id'] = [0, 0]
    ...     net = from_sonata(
    ...         nodes=nodes, edges=edges, dt=0.1*ms,
    ...         models={'v1': dict(model='dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1',
    ...                            reset='v = 0')},
    ...         synapses={'*': dict(on_pre='v_post += 0.1')})
    >>> len(net['v1']), len(net['v1_v1'])
    (3, 2)
    """
    files = _files(config, nodes, edges, components)
    return _Import(files, models, synapses, files.dt if dt is None else dt).network()


@dataclass
class _Files:
    nodes: list[tuple[PathLike, PathLike | None]]
    edges: list[tuple[PathLike, PathLike | None]]
    components: list[PathLike]
    spikes: dict[str, PathLike]
    dt: Any = None


def _files(
    config: PathLike | None, nodes: Any, edges: Any, components: Sequence[PathLike]
) -> _Files:
    if config is None:
        return _Files(_pairs(nodes), _pairs(edges), list(components), {})
    found = _read_config(Path(config))
    found.components += components
    return found


def _pairs(given: Any) -> list[tuple[PathLike, PathLike | None]]:
    listed: list[Any] = [given] if isinstance(given, (str, os.PathLike)) else list(given)
    return [(x, None) if isinstance(x, (str, os.PathLike)) else (x[0], x[1]) for x in listed]


# ------------------------------------------------------------------ configuration files
def _read_config(path: Path) -> _Files:
    """The files that a configuration names; '$NAME' is looked up in its manifest."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    data = _resolved(data, _manifest(data.get("manifest", {})))
    here = path.parent
    if isinstance(data.get("network"), str):  # a simulation, which names its circuit
        found = _read_config(here / data["network"])
    else:
        networks = data.get("networks", {})
        found = _Files(
            [_pair(here, x, "node") for x in networks.get("nodes", [])],
            [_pair(here, x, "edge") for x in networks.get("edges", [])],
            [],
            {},
        )
    kinds: dict[str, Any] = data.get("components", {})
    found.components += [here / str(x) for x in kinds.values() if isinstance(x, str)]
    step = data.get("run", {}).get("dt")
    found.dt = found.dt if step is None else float(step) * ms
    inputs: dict[str, dict[str, Any]] = data.get("inputs", {})
    for name, given in inputs.items():
        found.spikes[_population_of(name, given)] = here / str(given["input_file"])
    return found


def _pair(here: Path, entry: dict[str, Any], kind: str) -> tuple[PathLike, PathLike | None]:
    types = entry.get(f"{kind}_types_file")
    return here / entry[f"{kind}s_file"], None if types in (None, "") else here / str(types)


def _population_of(name: str, given: dict[str, Any]) -> str:
    """The population that an input of spikes drives."""
    if given.get("input_type", "spikes") != "spikes" or given.get("module") == "csv":
        kind = f"{given.get('input_type')}, {given.get('module')}"
        raise UnsupportedError(
            f"SONATA: the input '{name}' of the simulation is no file of spikes in HDF5 ({kind}). "
            "Give the configuration of the circuit, and add such inputs to the network yourself."
        )
    nodes = given.get("node_set", given.get("source", ""))
    return str(cast("dict[str, str]", nodes)["population"] if isinstance(nodes, dict) else nodes)


def _manifest(entries: dict[str, str]) -> dict[str, str]:
    known = dict(entries)
    for _ in known:  # entries may use others
        known = {k: _filled(v, known) for k, v in known.items()}
    return known


def _filled(text: str, known: Mapping[str, str]) -> str:
    for name in sorted(known, key=len, reverse=True):
        bare = name.removeprefix("$").strip("{}")
        text = text.replace(f"${{{bare}}}", known[name]).replace(f"${bare}", known[name])
    return text


def _resolved(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, known)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {k: x if k == "manifest" else _resolved(x, known) for k, x in entries.items()}
    if isinstance(value, list):
        return [_resolved(x, known) for x in cast("list[Any]", value)]
    return value


# ------------------------------------------------------------------ networks
@dataclass
class _Place:
    """Where the nodes of a population have gone.

    groups   of them
    which    (n,) the group of each
    number   (n,) its number there
    ids      (n,) ascending, as edges name them; None: 0, 1, 2, ...
    order    (n,) the place of each of these; None as well
    """

    groups: list[Group]
    which: NDArray[np.int64]
    number: NDArray[np.int64]
    ids: NDArray[np.int64] | None = None
    order: NDArray[np.int64] | None = None

    def of(self, ids: NDArray[np.int64], name: str) -> NDArray[np.int64]:
        """The places of nodes in their population. Raises ModelValueError for one that is not."""
        if self.ids is None or self.order is None:
            if len(ids) and not (ids.min() >= 0 and ids.max() < len(self.which)):
                fail(f"Edges refer to nodes that '{name}' does not have: it has {len(self.which)}.")
            return ids
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        if (self.ids[at] != ids).any():
            fail(f"Edges refer to nodes that '{name}' does not have.")
        return self.order[at]


class _Import:
    def __init__(
        self,
        files: _Files,
        models: Mapping[str, Mapping[str, Any]],
        synapses: Mapping[str, Mapping[str, Any]],
        dt: Any,
    ) -> None:
        self.files = files
        self.models = models
        self.synapses = synapses
        self.clock = defaultclock if dt is None else Clock(dt)
        self.places: dict[str, _Place] = {}
        self.made: list[Any] = []
        self.names: set[str] = set()

    def network(self) -> Network:
        for path, types in self.files.nodes:
            for nodes in read_sonata_nodes(path, types, self.files.components).values():
                self._add_nodes(nodes)
        for path, types in self.files.edges:
            for edges in read_sonata_edges(path, types, self.files.components).values():
                self._add_edges(edges)
        return Network(*self.made)

    # ------------------------------------------------------------ nodes
    def _add_nodes(self, nodes: SonataNodes) -> None:
        keys, which = _keys(self.models, nodes.name, nodes.attributes, len(nodes), "models")
        number = np.empty(len(nodes), np.int64)
        groups: list[Group] = []
        for k, key in enumerate(keys):
            own = which == k
            number[own] = np.arange(own.sum())
            name = nodes.name if len(keys) == 1 else f"{nodes.name}_{key}"
            chosen = {n: x[own] for n, x in nodes.attributes.items()}
            groups.append(self._group(nodes, key, self._name(name), int(own.sum()), chosen))
        place = _Place(groups, which, number)
        if not np.array_equal(nodes.ids, np.arange(len(nodes))):
            place.order = np.argsort(nodes.ids)
            place.ids = nodes.ids[place.order]
        self.places[nodes.name] = place
        if nodes.name in self.files.spikes:
            self._give_spikes(nodes.name, self.files.spikes[nodes.name])

    def _group(
        self, nodes: SonataNodes, key: str, name: str, n: int, attributes: dict[str, NDArray[Any]]
    ) -> Group:
        if key == "virtual" and key not in self.models:
            group: Group = SpikeGeneratorGroup(n, [], [] * second, clock=self.clock, name=name)
        else:
            options = dict(self.models[key])
            values = options.pop("values", {})
            given: dict[str, Any] = {"clock": self.clock, "name": name, **options}
            group = NeuronGroup(n, **given)
            _set(group, dict(values), attributes)
        self.made.append(group)
        return group

    def _give_spikes(self, name: str, path: PathLike) -> None:
        place = self.places[name]
        ids, times = read_sonata_spikes(path, name)
        at = place.of(ids, name)
        for k, group in enumerate(place.groups):
            own = place.which[at] == k
            if not isinstance(group, SpikeGeneratorGroup):
                fail(f"The input of spikes for '{name}' is for virtual nodes; it has a model.")
            group.set_spikes(place.number[at][own], times[own])

    # ------------------------------------------------------------ edges
    def _add_edges(self, edges: SonataEdges) -> None:
        for population in (edges.source, edges.target):
            if population not in self.places:
                near = did_you_mean(population, self.places)
                fail(f"The edges '{edges.name}' need the nodes '{population}'. {near}")
        if not len(edges):
            return
        source, target = self.places[edges.source], self.places[edges.target]
        i, j = source.of(edges.sources, edges.source), target.of(edges.targets, edges.target)
        keys, which = _keys(self.synapses, edges.name, edges.attributes, len(edges), "synapses")
        parts = (which * len(source.groups) + source.which[i]) * len(target.groups)
        parts = parts + target.which[j]
        present = np.unique(parts)
        for part in present:
            own = slice(None) if len(present) == 1 else parts == part
            rest, to = divmod(int(part), len(target.groups))
            k, start = divmod(rest, len(source.groups))
            ends = (source.groups[start], target.groups[to])
            name = edges.name if len(present) == 1 else f"{edges.name}_{len(self.made)}"
            attributes = {n: x[own] for n, x in edges.attributes.items()}
            pairs = source.number[i[own]], target.number[j[own]]
            self._connect(ends, self.synapses[keys[k]], self._name(name), pairs, attributes)

    def _connect(
        self,
        ends: tuple[Group, Group],
        given: Mapping[str, Any],
        name: str,
        pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
        attributes: dict[str, NDArray[Any]],
    ) -> None:
        options = dict(given)
        values = dict(options.pop("values", {}))
        arguments: dict[str, Any] = {"clock": self.clock, "name": name, **options}
        made = Synapses(*ends, **arguments)
        made.connect(i=pairs[0], j=pairs[1])
        if "delay" in attributes and "pre" in made.pathways and "delay" not in options:
            values.setdefault("delay", "delay*ms")
        _set(made, values, attributes)
        self.made.append(made)

    def _name(self, name: str) -> str:
        """A name for an object that no other of the network has."""
        plain = re.sub(r"\W", "_", name)
        plain = plain if plain[:1].isalpha() else f"population_{plain}"
        k, free = 1, plain
        while free in self.names:
            free, k = f"{plain}_{k}", k + 1
        self.names.add(free)
        return free


def _keys(
    given: Mapping[str, Any], name: str, attributes: dict[str, NDArray[Any]], n: int, what: str
) -> tuple[list[str], NDArray[np.int64]]:
    """The keys of models that are used, and which of them each node or edge uses.

    Raises ModelValueError for those that no key fits.
    """
    if name in given:
        return [name], np.zeros(n, np.int64)
    keys = ["*"]
    which = np.zeros(n, np.int64)
    seen: set[str] = {name}
    for attribute in ("model_type", "model_template"):  # the second counts more
        values = attributes.get(attribute)
        if values is None or values.dtype != object:
            continue
        texts = {x for x in values if isinstance(x, str)}
        seen |= texts
        for key in sorted(texts):
            if key in given or (key == "virtual" and what == "models"):
                which[values == key] = len(keys)
                keys.append(key)
    present, which = np.unique(which, return_inverse=True)
    if 0 in present and "*" not in given:
        fail(
            f"{what}= says nothing of '{name}'; a key may be any of: {', '.join(sorted(seen))}, *."
        )
    return [keys[k] for k in present], which.astype(np.int64)


def _set(group: Group, values: dict[str, str | None], attributes: dict[str, NDArray[Any]]) -> None:
    """Give variables the values of expressions of attributes."""
    for name, variable in group.variables.items():
        plain = isinstance(variable, ArrayVariable) and not variable.read_only
        own = attributes.get(name)
        if not plain or own is None or name in values or own.dtype == object:
            continue
        if not variable.dim.is_dimensionless:
            fail(
                f"'{name}' of {group._label} is in {variable.dim}, and the attribute of this name "
                "is a number.",
                f"Say the unit: values={{'{name}': '{name}*{variable.dim}'}}, or None: leave it.",
            )
        values[name] = name
    for name, text in values.items():
        if text is not None:
            _set_one(group, name, text, attributes)


def _set_one(group: Group, name: str, text: str, attributes: dict[str, NDArray[Any]]) -> None:
    label = f"{group._label}, value of '{name}'"
    expr = parse_expression(text, Source(text, label))
    numbers = {n: x for n, x in attributes.items() if x.dtype != object and x.ndim == 1}
    scope = {n: Symbol(n, Type.FLOAT) for n in numbers}
    variable = group.variables.get(name)
    is_delay = name == "delay" and isinstance(group, Synapses)
    if variable is None and not is_delay:
        fail(f"{group._label} has no variable '{name}'. {did_you_mean(name, group.variables)}")
    dim = second.dim if variable is None else variable.dim
    faults = FaultList()
    check_expression(expr, scope, dim, faults, f"'{name}'")
    raise_faults(faults.faults, label)
    used = {n: numbers[n] for n in names_in(expr) if n in numbers}
    for n, x in used.items():
        if np.isnan(x.astype(float)).any():
            fail(f"{group._label}: some elements do not have the attribute '{n}'.")
    setattr(group, name, Quantity(evaluate(expr, used), dim=dim))
