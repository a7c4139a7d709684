"""SONATA files: nodes, edges, their types, and spikes, as arrays.

Source of the format: github.com/AllenInstitute/sonata, docs/SONATA_DEVELOPER_GUIDE.md; Dai et al.
2020, PLoS Comput. Biol. 16:e1007696.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError, ModelValueError, raise_faults
from rheobase.exchange.libraries import library
from rheobase.model.monitors.spikes import EventMonitor
from rheobase.units import Quantity, second

__all__ = [
    "SonataEdges",
    "SonataNodes",
    "fail",
    "read_sonata_edges",
    "read_sonata_nodes",
    "read_sonata_spikes",
    "write_sonata_spikes",
]

PathLike: TypeAlias = str | os.PathLike[str]
_MISSING = "NULL"
_SORTING = {"none": 0, "by_id": 1, "by_time": 2}


@dataclass(frozen=True)
class SonataNodes:
    """A population of nodes.

    name         of the population
    ids          (n,) the number of each node, to which edges refer
    types        (n,) node_type_id
    attributes   {name: (n,)}: numbers, or texts (object arrays, None where there is none); those of
                 the file before those of the type, dynamics_params among them
    """

    name: str
    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    attributes: dict[str, NDArray[Any]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class SonataEdges:
    """A population of edges.

    name              of the population
    source, target    names of populations of nodes
    sources, targets  (n,) ids of nodes in them
    types             (n,) edge_type_id
    attributes        {name: (n,)}, as those of SonataNodes
    """

    name: str
    source: str
    target: str
    sources: NDArray[np.int64] = field(repr=False)
    targets: NDArray[np.int64] = field(repr=False)
    types: NDArray[np.int64] = field(repr=False)
    attributes: dict[str, NDArray[Any]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.sources)


def read_sonata_nodes(
    path: PathLike, types: PathLike | None = None, components: Sequence[PathLike] = ()
) -> dict[str, SonataNodes]:
    """The populations of a nodes file, by name; needs the package h5py (the extra `sonata`).

    types        the CSV file of node types
    components   folders that hold the files of parameters which dynamics_params of types names

    >>> from tempfile import TemporaryDirectory
    >>> import h5py
    >>> from rheobase.exchange import read_sonata_nodes
    >>> with TemporaryDirectory() as folder:
    ...     with h5py.File(f'{folder}/nodes.h5', 'w') as file:
    ...         file['nodes/v1/node_type_id'] = [100, 100]
    ...         file['nodes/v1/node_group_id'] = [0, 0]
    ...         file['nodes/v1/node_group_index'] = [0, 1]
    ...         file['nodes/v1/0/x'] = [12.5, 30.0]
    ...     nodes = read_sonata_nodes(f'{folder}/nodes.h5')['v1']
    >>> nodes.ids, nodes.attributes['x']
    (array([0, 1]), array([12.5, 30. ]))
    """
    rows = _type_rows(types, "node_type_id", components)
    with library("h5py", "sonata").File(os.fspath(path)) as file:
        found: dict[str, SonataNodes] = {}
        for name, group in _populations(file, "nodes", path).items():
            type_ids = _ints(group["node_type_id"])
            ids = _ints(group["node_id"]) if "node_id" in group else np.arange(len(type_ids))
            attributes = _attributes(group, "node", _of_population(rows, name), type_ids)
            found[name] = SonataNodes(name, ids, type_ids, attributes)
    return found


def read_sonata_edges(
    path: PathLike, types: PathLike | None = None, components: Sequence[PathLike] = ()
) -> dict[str, SonataEdges]:
    """The populations of an edges file, by name; see read_sonata_nodes.

    >>> from tempfile import TemporaryDirectory
    >>> import h5py
    >>> from rheobase.exchange import read_sonata_edges
    >>> with TemporaryDirectory() as folder:
    ...     with h5py.File(f'{folder}/edges.h5', 'w') as file:
    ...         for side in ('source', 'target'):
    ...             file[f'edges/local/{side}_node_id'] = [0, 1]
    ...             file[f'edges/local/{side}_node_id'].attrs['node_population'] = 'v1'
    ...         file['edges/local/edge_type_id'] = [1, 1]
    ...     edges = read_sonata_edges(f'{folder}/edges.h5')['local']
    >>> edges.source, edges.targets
    ('v1', array([0, 1]))
    """
    rows = _type_rows(types, "edge_type_id", components)
    with library("h5py", "sonata").File(os.fspath(path)) as file:
        found: dict[str, SonataEdges] = {}
        for name, group in _populations(file, "edges", path).items():
            ends = [group[f"{side}_node_id"] for side in ("source", "target")]
            source, target = (_text(x.attrs["node_population"]) for x in ends)
            type_ids = _ints(group["edge_type_id"])
            attributes = _attributes(group, "edge", _of_population(rows, name), type_ids)
            found[name] = SonataEdges(
                name, source, target, _ints(ends[0]), _ints(ends[1]), type_ids, attributes
            )
    return found


# ------------------------------------------------------------------ attributes
def _attributes(
    group: Any, kind: str, rows: dict[int, dict[str, Any]], type_ids: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """What is known of each node or edge: first by its type, then by itself."""
    n = len(type_ids)
    found = _of_types(rows, type_ids)
    group_ids = _ints(group[f"{kind}_group_id"]) if f"{kind}_group_id" in group else None
    if group_ids is None:
        return found
    indices = _ints(group[f"{kind}_group_index"])
    present = np.unique(group_ids)
    for number in present:
        table = group.get(str(number))
        if table is None:
            continue
        chosen = None if len(present) == 1 else group_ids == number
        at = indices if chosen is None else indices[chosen]
        for name, values in _columns(table).items():
            if chosen is None:
                found[name] = values[at]
            else:
                found[name] = _placed(found.get(name), values[at], chosen, n)
    return found


def _columns(table: Any) -> dict[str, NDArray[Any]]:
    """The datasets of an attribute group; those of dynamics_params come last and win."""
    h5py = library("h5py", "sonata")
    found = {name: _values(x) for name, x in table.items() if isinstance(x, h5py.Dataset)}
    for name, names in table.get("@library", {}).items():
        found[name] = _values(names)[found[name]]
    parameters = table.get("dynamics_params", {})
    return found | {n: _values(x) for n, x in parameters.items() if isinstance(x, h5py.Dataset)}


def _placed(
    known: NDArray[Any] | None, values: NDArray[Any], chosen: NDArray[np.bool_], n: int
) -> NDArray[Any]:
    """An attribute of some elements, beside what is known of the others: nan or None if nothing."""
    if known is None:
        is_text = values.dtype == object
        known = np.full((n, *values.shape[1:]), None if is_text else np.nan)
    known = known.astype(np.result_type(known.dtype, values.dtype))
    known[chosen] = values
    return known


def _of_types(
    rows: dict[int, dict[str, Any]], type_ids: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Attributes of types for each element: a column is of numbers if all its entries are."""
    present, which = np.unique(type_ids, return_inverse=True)
    unknown = [int(k) for k in present if int(k) not in rows]
    if unknown and rows:
        fail(f"The types {unknown} are not in the file of types.")
    names = dict.fromkeys(n for k in present for n in rows.get(int(k), {}))
    found: dict[str, NDArray[Any]] = {}
    for name in names:
        entries = [rows[int(k)].get(name) for k in present]
        if any(isinstance(x, str) for x in entries):
            column = np.array([None if x is None else str(x) for x in entries], object)
        else:
            column = np.array([np.nan if x is None else x for x in entries])
        found[name] = column[which]
    return found


def _type_rows(
    path: PathLike | None, key: str, components: Sequence[PathLike]
) -> list[dict[str, Any]]:
    """The rows of a CSV file of types, with the parameters that other files hold."""
    if path is None:
        return []
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=" ", skipinitialspace=True))
    if rows and key not in rows[0]:
        fail(f"'{os.fspath(path)}' has no column '{key}'; it has {', '.join(rows[0])}.")
    found: list[dict[str, Any]] = []
    for row in rows:
        values = {n: _entry(x) for n, x in row.items() if n and x not in (None, "", _MISSING)}
        named = values.pop("dynamics_params", None)
        given = _parameters(str(named), [Path(path).parent, *components]) if named else {}
        found.append({**given, **values})
    return found


def _parameters(name: str, folders: Sequence[PathLike]) -> dict[str, float]:
    """The numbers in a JSON file of parameters; those of other kinds are of other simulators."""
    if name.startswith("{"):
        data: dict[str, Any] = json.loads(name)
    else:
        places = [Path(folder) / name for folder in folders]
        file = next((p for p in places if p.is_file()), None)
        if file is None:
            looked = ", ".join(f"'{p.parent}'" for p in places)
            fail(f"There is no file '{name}' in {looked}.", "Give components=[folder].")
        data = json.loads(file.read_text(encoding="utf-8")) if name.endswith(".json") else {}
    return {n: x for n, x in data.items() if isinstance(x, (int, float))}


def _entry(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _of_population(rows: Iterable[dict[str, Any]], name: str) -> dict[int, dict[str, Any]]:
    """The types of a population, by number."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row.get("population", name) == name:
            key = "node_type_id" if "node_type_id" in row else "edge_type_id"
            rest = {n: x for n, x in row.items() if n not in (key, "population")}
            found[int(row[key])] = rest
    return found


def _populations(file: Any, what: str, path: PathLike) -> Any:
    if what not in file:
        fail(f"'{os.fspath(path)}' is no file of {what}: it has no group '/{what}'.")
    return file[what]


def _values(dataset: Any) -> NDArray[Any]:
    if library("h5py", "sonata").check_string_dtype(dataset.dtype) is not None:
        return np.asarray(dataset.asstr()[:], object)
    return np.asarray(dataset[:])


def _ints(dataset: Any) -> NDArray[np.int64]:
    return np.asarray(dataset[:]).astype(np.int64)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


# ------------------------------------------------------------------ spikes
def read_sonata_spikes(
    path: PathLike, population: str | None = None
) -> tuple[NDArray[np.int64], Quantity]:
    """The spikes of a file: node ids (n,) and times (n,), in order of time.

    population   needed if the file has several

    Raises ModelValueError for a population that the file does not have.

    >>> import tempfile
    >>> from rheobase import Network, SpikeGeneratorGroup, SpikeMonitor, ms
    >>> from rheobase.exchange import read_sonata_spikes, write_sonata_spikes
    >>> cells = SpikeGeneratorGroup(3, [2, 0], [1, 2]*ms)
    >>> spikes = SpikeMonitor(cells)
    >>> Network(cells, spikes).run(5*ms)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sonata_spikes(f'{folder}/spikes.h5', spikes)
    ...     ids, times = read_sonata_spikes(f'{folder}/spikes.h5')
    >>> ids.tolist(), times
    ([2, 0], array([1., 2.]) * msecond)
    """
    with library("h5py", "sonata").File(os.fspath(path)) as file:
        spikes = _populations(file, "spikes", path)
        if "timestamps" in spikes:  # without populations, as first versions of the format were
            found = spikes
        else:
            names = list(spikes)
            if population is None and len(names) != 1:
                fail(f"'{os.fspath(path)}' has the populations {names}: say which.")
            if population is not None and population not in names:
                fail(f"'{os.fspath(path)}' has no population '{population}', but {names}.")
            found = spikes[names[0] if population is None else population]
        ids = _ints(found["node_ids"] if "node_ids" in found else found["gids"])
        times = found["timestamps"]
        unit = _text(times.attrs.get("units", "ms"))
        if unit not in ("ms", "s"):
            fail(f"The times of '{os.fspath(path)}' are in '{unit}', not in ms.")
        t = np.asarray(times[:], float) * (1e-3 if unit == "ms" else 1.0)
    order = np.argsort(t, kind="stable")
    return ids[order], Quantity(t[order], dim=second.dim)


def write_sonata_spikes(path: PathLike, *monitors: EventMonitor) -> None:
    """Write what monitors have recorded to a file of spikes, a population for each.

    A population has the name of the recorded group, node ids are the numbers of its elements, times
    are in ms and ascend. An existing file is replaced.

    >>> from tempfile import TemporaryDirectory
    >>> from rheobase import SpikeGeneratorGroup, SpikeMonitor, ms, run
    >>> from rheobase.exchange import read_sonata_spikes, write_sonata_spikes
    >>> group = SpikeGeneratorGroup(3, [2, 0], [1, 3]*ms, name='cells')
    >>> spikes = SpikeMonitor(group)
    >>> run(5*ms)
    >>> with TemporaryDirectory() as folder:
    ...     write_sonata_spikes(f'{folder}/spikes.h5', spikes)
    ...     read_sonata_spikes(f'{folder}/spikes.h5', 'cells')
    (array([2, 0]), array([1., 3.]) * msecond)
    """
    h5py = library("h5py", "sonata")
    names = [m.source.name for m in monitors]
    if len(set(names)) != len(names):
        fail(f"Two monitors record the same group: {', '.join(names)}.")
    with h5py.File(os.fspath(path), "w") as file:
        for monitor in monitors:
            if not isinstance(monitor, EventMonitor):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ModelTypeError(f"write_sonata_spikes takes SpikeMonitors, not {monitor!r}")
            group = file.create_group(f"spikes/{monitor.source.name}")
            sorting = h5py.enum_dtype(_SORTING, basetype="i1")
            group.attrs.create("sorting", _SORTING["by_time"], dtype=sorting)
            times = group.create_dataset("timestamps", data=np.asarray(monitor.t_) * 1e3)
            times.attrs["units"] = "ms"
            group.create_dataset("node_ids", data=np.asarray(monitor.i, np.uint64))


def fail(message: str, hint: str = "") -> NoReturn:
    """Raise ModelValueError about files of SONATA."""
    raise_faults([Fault(ModelValueError, message, hint=hint)], "SONATA")
    raise AssertionError
