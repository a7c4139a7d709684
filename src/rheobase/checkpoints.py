"""Checkpoints: the whole state of a network, in memory or in a file.

What is kept: of each object, by name, every slot (variables, synapses, delays, spikes on their
way, recordings, streams of random numbers, the step of its clock), and the time and the state of
the random numbers. What is not: the model itself. A script makes the objects again, under the same
names, and restores their state.

Objects are searched for slots: attributes, lists, tuples and dicts of them, and the parts of
rheobase that they are made of (`parts_of`). A part that knows better what its state is has two
methods, saved_state() -> {name: array} and restore_state({name: array}).

A file is a zip archive, so that any language can read it (docs/checkpoints.md):

    checkpoint.json     {"format": "rheobase checkpoint", "version": 1, "snapshots": {
                            name: {"t": s, "seed": n, "next_stream": n,
                                   "objects": {object: {path: member}}}}}
    0/12.npy            an array, in NumPy's .npy format (never pickled)

Writing a snapshot into an existing file keeps the others; the file is replaced as a whole.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError
from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.model.base import SimulationObject
from rheobase.model.code import Block, Runner
from rheobase.records import record
from rheobase.runtime import random

if TYPE_CHECKING:
    import zipfile  # 10 ms that only those wait for who use files


__all__ = ["Snapshot", "put_back", "read", "take", "write"]

Arrays = dict[str, NDArray[Any]]
VERSION = 1
_HEADER = "checkpoint.json"
_STREAM = "(stream)/"


@runtime_checkable
class Stateful(Protocol):
    """A part that knows what its state is."""

    def saved_state(self) -> Mapping[str, NDArray[Any]]: ...
    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None: ...


@record
class Snapshot:
    """The state of a network.

    t             time, s
    seed, next_stream   of the random numbers
    objects       of each object, the arrays by where they stand in it
    """

    t: float
    seed: int
    next_stream: int
    objects: Mapping[str, Arrays]


# ------------------------------------------------------------------ finding state
def parts_of(x: SimulationObject) -> Iterator[tuple[str, Slot | Stateful]]:
    """(path, part) of everything in an object that holds state; each part once."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(n, v) for n, v in sorted(vars(x).items())]
    while waiting:
        path, value = waiting.pop(0)
        if id(value) in seen or not _may_hold_state(value):
            continue
        seen.add(id(value))
        kind: type[object] = value.__class__
        if _is_state(kind):
            yield path, value
        else:
            waiting.extend((f"{path}.{name}", part) for name, part in _inside(value))


@cache
def _is_state(kind: type[object]) -> bool:
    """Asked once of each class: what a protocol wants is looked up anew each time."""
    return issubclass(kind, (Slot, Stateful))


def _may_hold_state(value: Any) -> bool:
    if isinstance(value, (SimulationObject, Kernel, Block, type)):
        return False
    if isinstance(value, (list, tuple, dict)):
        return True
    if isinstance(value, Mapping):  # names: of equations, or of the script, whose objects they are
        return False
    return type(value).__module__.startswith("rheobase.") and not callable(value)


def _inside(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        entries = cast(dict[Any, Any], value)
        return [(str(k), v) for k, v in sorted(entries.items(), key=lambda e: str(e[0]))]
    if isinstance(value, (list, tuple)):
        return [(str(k), v) for k, v in enumerate(cast(Sequence[Any], value))]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
    return sorted(getattr(value, "__dict__", {}).items())


# ------------------------------------------------------------------ taking and putting back
def take(objects: Sequence[SimulationObject], t: float) -> Snapshot:
    """The state of some objects at time t; a copy.

    A part that several objects share is kept once, with the first object by name.
    """
    seen: set[int] = set()
    found: dict[str, Arrays] = {}
    for x in sorted(objects, key=lambda x: x.name):
        arrays: Arrays = {}
        for path, part in parts_of(x):
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, Slot):
                arrays[path] = part.data.copy()
            else:
                arrays |= {f"{path}/{k}": np.array(v) for k, v in part.saved_state().items()}
        if isinstance(x, Runner):
            arrays |= {f"{_STREAM}{k}": v for k, v in x.saved_streams().items()}
        found[x.name] = arrays
    return Snapshot(t, *random.peek(), found)


def put_back(
    snapshot: Snapshot, objects: Sequence[SimulationObject], restore_random_state: bool
) -> None:
    """Make the state of some objects that of a snapshot.

    Raises KeyError if their names are not those of the snapshot.
    """
    named = {x.name: x for x in objects}
    _check_names(set(snapshot.objects), set(named))
    if restore_random_state:
        random.resume(snapshot.seed, snapshot.next_stream)
    seen: set[int] = set()
    for name, x in sorted(named.items()):
        arrays = snapshot.objects[name]
        _put_back_one(x, arrays, seen)
        if isinstance(x, Runner):
            streams = {k: v for k, v in arrays.items() if k.startswith(_STREAM)}
            kept = {int(k.removeprefix(_STREAM)): v for k, v in streams.items()}
            x.restore_streams(kept if restore_random_state else {})
    for x in named.values():
        x._restored()


def _put_back_one(x: SimulationObject, arrays: Arrays, seen: set[int]) -> None:
    for path, part in parts_of(x):
        if id(part) in seen:
            continue
        seen.add(id(part))
        if not isinstance(part, Slot):
            start = path + "/"
            own = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
            if own:
                part.restore_state(own)
        elif path in arrays:
            part.assign(arrays[path])


def _check_names(saved: set[str], present: set[str]) -> None:
    if saved == present:
        return
    parts: list[str] = []
    if saved - present:
        parts.append(
            f"the snapshot has, and the network lacks: {', '.join(sorted(saved - present))}"
        )
    if present - saved:
        parts.append(
            f"the network has, and the snapshot lacks: {', '.join(sorted(present - saved))}"
        )
    raise KeyError(
        "the snapshot is of other objects; " + "; ".join(parts) + ". Objects are found by name: "
        "give them the names that they had (name=...)"
    )


# ------------------------------------------------------------------ files
def write(filename: str | os.PathLike[str], name: str, snapshot: Snapshot) -> None:
    """Put a snapshot into a file, beside those that are there under other names."""
    import json
    import tempfile
    import zipfile

    path = Path(filename)
    others = _read_all(path) if path.exists() else {}
    others[name] = snapshot
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            header = {n: _write_one(archive, str(k), s) for k, (n, s) in enumerate(others.items())}
            archive.writestr(
                _HEADER,
                json.dumps(
                    {"format": "rheobase checkpoint", "version": VERSION, "snapshots": header},
                    indent=1,
                ),
            )
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write_one(archive: zipfile.ZipFile, folder: str, snapshot: Snapshot) -> dict[str, Any]:
    objects: dict[str, dict[str, str]] = {}
    count = 0
    for name, arrays in snapshot.objects.items():
        members = objects.setdefault(name, {})
        for path, array in arrays.items():
            members[path] = f"{folder}/{count}.npy"
            with archive.open(members[path], "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
            count += 1
    return {
        "t": snapshot.t,
        "seed": snapshot.seed,
        "next_stream": snapshot.next_stream,
        "objects": objects,
    }


def read(filename: str | os.PathLike[str], name: str) -> Snapshot:
    """A snapshot of a file; KeyError if the file has none of this name."""
    with _opened(Path(filename)) as (archive, header):
        if name not in header:
            raise KeyError(f"{filename} has no snapshot '{name}'; it has: {sorted(header)}")
        return _read_one(archive, header[name])


def _read_all(path: Path) -> dict[str, Snapshot]:
    with _opened(path) as (archive, header):
        return {n: _read_one(archive, h) for n, h in header.items()}


class _opened:
    """A checkpoint file and the part of its header on snapshots; ModelValueError if it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> tuple[zipfile.ZipFile, dict[str, Any]]:
        import json
        import zipfile

        try:
            self.archive = zipfile.ZipFile(self.path)
            header = json.loads(self.archive.read(_HEADER))
        except (zipfile.BadZipFile, KeyError, json.JSONDecodeError):
            raise ModelValueError(f"{self.path} is not a checkpoint of rheobase") from None
        if header.get("version") != VERSION:
            raise ModelValueError(
                f"{self.path} is a checkpoint of version {header.get('version')}; this rheobase "
                f"reads version {VERSION}"
            )
        return self.archive, header["snapshots"]

    def __exit__(self, *exception: object) -> None:
        self.archive.close()


def _read_one(archive: zipfile.ZipFile, header: Mapping[str, Any]) -> Snapshot:
    objects: dict[str, Arrays] = {}
    for name, members in header["objects"].items():
        objects[name] = {}
        for path, member in members.items():
            with archive.open(member) as file:
                objects[name][path] = np.lib.format.read_array(file, allow_pickle=False)
    return Snapshot(header["t"], header["seed"], header["next_stream"], objects)
