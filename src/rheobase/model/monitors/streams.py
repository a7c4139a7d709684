"""Writing recordings to disk in the run: chunk by chunk, with bounded memory.

The columns have a buffer of fixed size. When native code finds it full, Python writes it and
empties it; there is no Python in a step. What is in the buffer is also written about once a second
of real time, and when a run ends: a killed process loses the last second at most.

The format is described in `recordings.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError
from rheobase.ir.dtypes import F64, DType
from rheobase.model.monitors.buffers import Columns
from rheobase.model.monitors.recordings import (
    FORMAT,
    INDICES,
    VERSION,
    Recording,
    StoredValues,
    zarr,
)
from rheobase.records import record
from rheobase.units.dimensions import Dimension

__all__ = ["About", "Stream", "StreamedColumns"]

CHUNK = 4 << 20  # bytes of a chunk of float64
PERIOD = 1.0  # s of real time after which a buffer is written that is not full


@record
class About:
    """What a recording says of its monitor; see `recordings.py`."""

    monitor: str
    source: str
    n_elements: int
    indices: NDArray[np.int64] | None = None


class Stream:
    """The part of a store that belongs to one monitor.

    folder    of the store
    name      of the monitor, and of its group in the store

    Making it touches no file. A run that begins without recorded entries makes the group anew,
    in the place of an earlier recording of that name.
    """

    def __init__(self, folder: str | os.PathLike[str], name: str, about: About) -> None:
        zarr()  # says now that it is missing
        self.folder, self.name, self.about = Path(folder), name, about
        self.columns: list[StreamedColumns] = []
        self._written_at = 0.0

    def add(
        self, names: Sequence[str], dtypes: Sequence[DType], dims: Sequence[Dimension], width: int
    ) -> StreamedColumns:
        """Columns of the group; those with `t` must be added last, as they are written last."""
        made = StreamedColumns(self, names, dtypes, dims, width)
        self.columns.append(made)
        return made

    # ------------------------------------------------------------ writing
    def begin(self) -> None:
        """Before a run."""
        if not any(map(len, self.columns)):
            self._make_group()
        self._written_at = time.monotonic()

    def write(self) -> None:
        """Write what is in the buffers."""
        for columns in self.columns:
            columns.write()
        self._written_at = time.monotonic()

    def write_if_due(self) -> None:
        if time.monotonic() - self._written_at > PERIOD:
            self.write()

    def _make_group(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise ModelValueError(
                f"stream: {self.folder} is a file; a store is a folder, as 'results.zarr'"
            )
        store = zarr().open_group(self.folder, mode="a")
        place = self.folder / self.name
        ours = self.name in store and store[self.name].attrs.get("format") == FORMAT
        if place.exists() and not ours:
            raise ModelValueError(
                f"stream: {place} exists and is no recording: choose another folder, or another "
                "name for the monitor"
            )
        about = {"format": FORMAT, "version": VERSION, "monitor": self.about.monitor}
        about |= {"source": self.about.source, "n_elements": self.about.n_elements}
        group = store.create_group(self.name, overwrite=True, attributes=about)
        if self.about.indices is not None:
            numbers = self.about.indices.astype(np.int64)
            group.create_array(INDICES, data=numbers, dimension_names=["element"])
        for columns in self.columns:
            columns.make_arrays(group)

    def arrays(self) -> Any:
        """The group in the store, for writing; ModelValueError if it is gone."""
        try:
            return zarr().open_group(self.folder / self.name, mode="r+")
        except FileNotFoundError:
            raise ModelValueError(
                f"stream: the recording {self.folder / self.name} is gone, which this run "
                "continues: put it back, or begin anew without restore()"
            ) from None

    # ------------------------------------------------------------ reading
    def values(self, name: str) -> StoredValues | NDArray[Any]:
        """A recorded variable in SI numbers."""
        self.write()
        if any(map(len, self.columns)):
            return Recording(self.folder, self.name).values(name, with_unit=False)
        columns = next(c for c in self.columns if name in c.slots)
        shape = () if self.about.indices is None or name == "t" else (len(self.about.indices),)
        return np.zeros((*shape, 0), columns.slots[name].dtype.numpy)


class StreamedColumns(Columns):
    """Columns whose memory is a buffer, written to disk when it is full.

    stream   where to
    width    entries that are recorded together: 1, or the recorded elements of a StateMonitor

    Whole chunks are written, and what is left over moves to the front of the buffer.
    """

    def __init__(
        self,
        stream: Stream,
        names: Sequence[str],
        dtypes: Sequence[DType],
        dims: Sequence[Dimension],
        width: int,
    ) -> None:
        super().__init__(names, dtypes)
        self.full = self._make_room
        self._stream = stream
        self._dims = dict(zip(names, dims, strict=True))
        self._tail = (width,) if stream.about.indices is not None and "t" not in self.slots else ()
        self._width = max(width, 1)
        self._rows = max(1, CHUNK // F64.numpy.itemsize // self._width)  # of a chunk
        self._before = 0  # entries on disk that are not in the buffer, whole chunks
        self._on_disk = 0  # entries on disk
        self._group: Any = None

    def __len__(self) -> int:
        return self._before + int(self.cursor.data[0])

    @property
    def _chunk(self) -> int:
        return self._rows * self._width

    def reserve(self, n: int) -> None:
        """Make the buffer, before the first run: a chunk, and as much as comes in one step."""
        size = self._chunk + max(self._width, self._stream.about.n_elements)
        for slot in self.slots.values():
            if len(slot) < size:
                slot.resize(size)

    def column(self, name: str) -> Any:
        return self._stream.values(name)

    # ------------------------------------------------------------ writing
    def make_arrays(self, group: Any) -> None:
        """New arrays in the store, with no entries."""
        self._group, self._before, self._on_disk = group, 0, 0
        kind = "time" if self._stream.about.monitor in _OVER_TIME else "event"
        for name, slot in self.slots.items():
            group.create_array(
                name,
                shape=(0, *self._tail),
                chunks=(self._rows, *(max(1, n) for n in self._tail)),
                dtype=slot.dtype.numpy,
                fill_value=_missing(slot.dtype),
                dimension_names=[kind, "element"][: 1 + len(self._tail)],
                attributes={
                    "unit": self._dims[name].name,
                    "dimensions": list(self._dims[name].exponents),
                },
            )

    def write(self) -> None:
        """Bring what is on disk up to date, chunk by chunk: Zarr writes several in any order, and
        a process that is killed is to leave no times behind a gap."""
        n = len(self)
        if n == self._on_disk:
            return
        for name in sorted(self.slots, key=lambda n: n == "t"):
            array = self._array(name)
            values = self.slots[name].data[: n - self._before]
            first, end = self._before // self._width, n // self._width
            array.resize((end, *array.shape[1:]))
            new = values.reshape(-1, *array.shape[1:])
            for begin in range(first, end, self._rows):
                chunk = slice(begin, min(begin + self._rows, end))
                array[chunk] = new[chunk.start - first : chunk.stop - first]
        self._on_disk = n

    def _array(self, name: str) -> Any:
        if self._group is None:
            self._group = self._stream.arrays()
        return self._group[name]

    def _make_room(self, needed: int) -> None:
        """Native code found the buffer full: it is to hold `needed` entries."""
        if "t" in self.slots:  # values before times
            self._stream.write()
        else:
            self.write()
        n = int(self.cursor.data[0])
        done = n // self._chunk * self._chunk
        for slot in self.slots.values():
            slot.data[: n - done] = slot.data[done:n].copy()
            slot.resize(max(len(slot), needed - done))
        self.cursor.data[0] = n - done
        self._before += done

    # ------------------------------------------------------------ checkpoints
    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint: how far the recording has come; it stays where it is, on disk."""
        self._stream.write()
        return {"entries": np.array([len(self)])}

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint: what was recorded after it goes, from the disk, too."""
        n = int(state["entries"][0])
        self._before = n // self._chunk * self._chunk
        self.cursor.data[0] = n - self._before
        self._on_disk, self._group = n, None
        if not n:
            return  # the next run makes the group anew
        self.reserve(0)
        for name, slot in self.slots.items():
            array = self._array(name)
            if array.shape[0] * self._width < n:
                raise ModelValueError(
                    f"stream: the recording {self._stream.folder / self._stream.name} ends before "
                    "the checkpoint was made: it is not the one that the checkpoint continues"
                )
            rows = slice(self._before // self._width, n // self._width)
            slot.data[: n - self._before] = array[rows].reshape(-1)
            array.resize((rows.stop, *array.shape[1:]))


_OVER_TIME = ("StateMonitor", "PopulationRateMonitor")


def _missing(dtype: DType) -> Any:
    """What stands where nothing has been written yet."""
    return float("nan") if dtype.is_float else -1 if dtype.is_integer else False
