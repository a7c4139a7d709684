"""Reading what monitors have streamed to disk, from this process or any other.

A store is a folder in the Zarr format, version 3, with a group for each monitor:

    NAME                attributes: format 'rheobase recording', version 1, monitor (its class),
                        source (name), n_elements (of the source)
    NAME/t              (n,)             float64, s; the time of each entry
    NAME/VARIABLE       (n,)             events, rates, shared variables: a value for each entry
                        (n, n_recorded)  states: a row for each time
    NAME/_indices       (n_recorded,)    states: which elements were recorded

Each array has the attributes `unit` (SI, as text: 'volt') and `dimensions` (the exponents of
metre, kilogram, second, amp, kelvin, mole, candle), and named axes, as xarray wants them.

t is written last, after the values that belong to it. So an entry is complete if its t is there
and is a number: that holds while a run writes the store, and after its process was killed.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError, did_you_mean
from rheobase.model.lazy import Lazy
from rheobase.units import Quantity, get_unit
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["FORMAT", "INDICES", "VERSION", "Recording", "StoredValues", "open_recordings", "zarr"]

FORMAT = "rheobase recording"
VERSION = 1
INDICES = "_indices"


def zarr() -> Any:
    """The library; ImportError that says how to get it."""
    try:
        return importlib.import_module("zarr")
    except ImportError:
        raise ImportError(
            "recording to disk needs the package zarr: pip install rheobase[stream]"
        ) from None


class StoredValues(Lazy):
    """Recorded values on disk; only what an index asks for is read.

    array      of Zarr, times along the first axis
    n          how many of its entries count
    dim        dimension of the values
    elements   None: one value for each entry, shape (n,); otherwise shape (elements, n)

    Calculating with it, or handing it to a function of numpy, reads all of it.
    """

    def __init__(self, array: Any, n: int, dim: Dimension, elements: int | None) -> None:
        self._array, self._n, self._elements = array, n, elements
        self.dim = dim

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._n,) if self._elements is None else (self._elements, self._n)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._array.dtype)

    @property
    def unit(self) -> Quantity:
        return get_unit(self.dim)

    def in_unit_of(self, dim: Dimension) -> StoredValues:
        """The same SI numbers, with a unit."""
        return StoredValues(self._array, self._n, dim, self._elements)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, item: Any) -> Any:
        """Values at an index like that of an array of this shape; a copy, in memory."""
        key = cast("tuple[Any, ...]", item) if isinstance(item, tuple) else (item,)
        if len(key) > self.ndim:
            raise IndexError(f"these values have {self.ndim} axes; the index has {len(key)}")
        key += (slice(None),) * (self.ndim - len(key))
        times = _numbers(key[-1], self._n)
        if self._elements is None:
            values = self._array.oindex[times]
        elif self._array.ndim == 2:
            values = self._array.oindex[times, _numbers(key[0], self._elements)]
            if np.ndim(times) or isinstance(times, slice):  # they come first on disk
                values = np.moveaxis(values, 0, -1)
        else:  # shared: one value for all elements
            one = np.asarray(self._array.oindex[times])
            rows = np.zeros(self._elements)[_numbers(key[0], self._elements)]
            values = np.broadcast_to(one, np.shape(rows) + one.shape)
        values = np.asarray(values)[()]
        return values if self.dim.is_dimensionless else Quantity(values, dim=self.dim)

    def chunks(self) -> Iterator[Any]:
        """All values, piece by piece along time: each piece fits in memory."""
        step = max(1, int(self._array.chunks[0]))
        for first in range(0, self._n, step):
            piece = slice(first, first + step)
            yield self[piece] if self.ndim == 1 else self[:, piece]

    def __repr__(self) -> str:
        return f"<{' x '.join(map(str, self.shape))} values in {self.unit} on disk>"


class Recording:
    """What one monitor has streamed to disk, as far as it is complete now.

    folder   of the store
    name     of the monitor

    Recorded variables are attributes: `r.v` with its unit, `r.v_` in SI numbers; they are read
    from disk when they are indexed, r.v[3, -1000:], or calculated with. Shapes are those of the
    monitor: (n,) for events and rates, (n_recorded, n) for states.

    >>> import tempfile
    >>> from rheobase import PoissonGroup, Recording, SpikeMonitor, kHz, ms, run
    >>> inputs = PoissonGroup(100, 1*kHz)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spikes = SpikeMonitor(inputs, stream=folder, name='spikes')
    ...     run(10*ms)
    ...     recording = Recording(folder, 'spikes')
    ...     recording.variables, recording.N == len(recording.t) == spikes.N
    (['i', 't'], True)
    """

    def __init__(self, folder: str | os.PathLike[str], name: str) -> None:
        self.folder, self.name = Path(folder), name
        about = dict(self._group().attrs)
        if about.get("format") != FORMAT or about.get("version") != VERSION:
            raise ModelValueError(
                f"{self.folder / name} is no recording of version {VERSION}: its attributes are "
                f"{about}"
            )
        self.monitor: str = about["monitor"]
        self.source: str = about["source"]
        self.n_elements: int = about["n_elements"]

    def _group(self) -> Any:
        return zarr().open_group(self.folder / self.name, mode="r")

    @property
    def variables(self) -> Sequence[str]:
        """What has been recorded: names, t among them."""
        return sorted(n for n in self._group().array_keys() if n != INDICES)

    @property
    def indices(self) -> NDArray[np.int64]:
        """(n_recorded,) which elements were recorded; empty for events and rates."""
        group = self._group()
        return np.asarray(group[INDICES][:]) if INDICES in group else np.zeros(0, np.int64)

    @property
    def N(self) -> int:
        """The number of complete entries; it grows while a run writes."""
        return _complete(self._group()["t"])

    def values(self, name: str, with_unit: bool = True) -> StoredValues:
        """A recorded variable; AttributeError for what was not recorded."""
        group = self._group()
        if name not in group or name == INDICES:
            near = did_you_mean(name, self.variables)
            raise AttributeError(f"the recording '{self.name}' has no '{name}'. {near}".rstrip())
        array = group[name]
        dim = Dimension(tuple(array.attrs["dimensions"])) if with_unit else DIMENSIONLESS
        states = INDICES in group and name != "t"
        elements = int(group[INDICES].shape[0]) if states else None
        return StoredValues(array, _complete(group["t"]), dim, elements)

    def __getattr__(self, name: str) -> StoredValues:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("_"):
            return self.values(name.removesuffix("_"), with_unit=False)
        return self.values(name)

    def __repr__(self) -> str:
        return f"<Recording '{self.name}' of {self.source}: {self.N} entries in {self.folder}>"


def open_recordings(folder: str | os.PathLike[str]) -> dict[str, Recording]:
    """What monitors have streamed into a store, by the name of the monitor.

    Works while a run writes the store, and after one that was killed: then what is missing is at
    most the last second.
    Raises FileNotFoundError if there is no store; ImportError without the package zarr.

    >>> import tempfile
    >>> from rheobase import NeuronGroup, StateMonitor, ms, open_recordings, run
    >>> cells = NeuronGroup(5, 'dv/dt = -v/(10*ms) : 1')
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     M = StateMonitor(cells, 'v', record=True, stream=folder, name='trace')
    ...     run(1*ms)
    ...     open_recordings(folder)['trace'].v[3, :2]
    array([0., 0.])
    """
    group = zarr().open_group(folder, mode="r")
    return {n: Recording(folder, n) for n, g in group.groups() if g.attrs.get("format") == FORMAT}


def _complete(t: Any) -> int:
    """How many entries have a time: those at the end may still be missing."""
    n, step = int(t.shape[0]), int(t.chunks[0])
    while n:
        first = (n - 1) // step * step
        there = np.flatnonzero(~np.isnan(t[first:n]))
        if len(there):
            return first + int(there[-1]) + 1
        n = first
    return 0


def _numbers(item: Any, size: int) -> Any:
    """One axis of an index as Zarr takes it."""
    if item is Ellipsis:
        item = slice(None)
    if isinstance(item, slice):
        first, end, step = cast("slice[Any, Any, Any]", item).indices(size)
        if step > 0:
            return slice(first, max(first, end), step)
    return np.arange(size)[item]
