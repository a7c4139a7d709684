"""What each thread ('lane') does of a program: shares, lists in pieces, rows in pieces.

One thread makes each call WHOLE. For several, the partition (ir/partition) says who does what;
here it becomes the arrays that native code reads (backends/llvm/driver). Calls of one kernel have
the same function for every lane; what differs are shares, and the addresses that stand in for some
of the kernel's slots:

    Select              each lane counts what it lists in a place of its own
    Propagate, Reduce   by the far side of the synapse: rows (or the starts of segments) in pieces
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm.barrier import PITCH, TEAM_WORDS
from rheobase.backends.llvm.cuts import cut_rows
from rheobase.backends.llvm.share import WHOLE, Word
from rheobase.ir.domains import Propagate, Reduce, Select
from rheobase.ir.kernels import Kernel
from rheobase.ir.partition import Division, Partition, bounds, is_cut, partition
from rheobase.ir.program import Call
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["Lanes", "RowPieces", "seconds_to_divide", "shares_of"]

PER_CALL, PER_ROW = 150e-6, 100e-9  # s


@record
class _Pieces:
    """Rows that are cut, and the state of the slots that they were made from."""

    made_for: tuple[object, ...]
    starts: NDArray[Any]


class RowPieces:
    """Rows of synapses, cut at the bounds of `n` owners of the far side; see cuts.py."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._pieces: dict[int, _Pieces] = {}

    def cut(self, k: int, kernel: Kernel, division: Division) -> None:
        """Cut the rows of call k, if they have changed and are to be cut."""
        domain = kernel.domain
        if not isinstance(domain, (Propagate, Reduce)) or not is_cut(kernel, division):
            return
        starts = _starts(domain)
        made_for = division, starts.generation, domain.others.generation
        if k not in self._pieces or self._pieces[k].made_for != made_for:
            inner = bounds(division.size, self.n)[1:-1].tolist()
            pieces = cut_rows(starts.data.astype(np.int64, copy=False), domain.others.data, inner)
            self._pieces[k] = _Pieces(made_for, pieces.astype(starts.dtype.numpy, copy=False))

    @staticmethod
    def memory(kernel: Kernel, division: Division) -> tuple[int, int]:
        """(what pieces take for each owner, what the rows take), bytes; 0 if they are not cut."""
        domain = kernel.domain
        if not isinstance(domain, (Propagate, Reduce)) or not is_cut(kernel, division):
            return 0, 0
        return _starts(domain).data.nbytes, domain.others.data.nbytes

    def stand_in(self, k: int, kernel: Kernel) -> dict[Slot, int]:
        """Where the pieces stand, for the slot of the rows; nothing if they are not cut."""
        domain = kernel.domain
        if k not in self._pieces or not isinstance(domain, (Propagate, Reduce)):
            return {}
        return {_starts(domain): self._pieces[k].starts.ctypes.data}


class Lanes:
    """The calls of a step as `n` lanes make them.

    team      words that the lanes share
    places    (lanes, PITCH)  where each rests
    """

    def __init__(self, calls: Sequence[Call], n: int) -> None:
        self.calls = calls
        self.n = n
        self.team = np.zeros(TEAM_WORDS, np.int64)
        self.places = np.zeros((n, PITCH), np.int64)
        self._sizes: list[int] | None = None
        self._arrays = [a.slot for c in calls for a in c.kernel.arrays] if n > 1 else []
        self._pieces = RowPieces(n)
        self._counts = np.zeros((len(calls), n, PITCH), np.int64)
        self.partition = Partition([None] * len(calls))

    def divide(self) -> None:
        """Decide who does what, for the present lengths of all slots."""
        sizes = [len(slot) for slot in self._arrays]
        if sizes != self._sizes:
            self._sizes = sizes
            n = len(self.calls)
            none = Partition([None] * n, [False] * (n + 1), [[] for _ in range(n + 1)])
            self.partition = partition(self.calls) if self.n > 1 else none
            self._shares = self._all_shares()
            self._merge()
        for k, division in enumerate(self.partition.divisions):
            if division is not None:
                self._pieces.cut(k, self.calls[k].kernel, division)

    # ------------------------------------------------------------ shares
    def _all_shares(self) -> NDArray[np.int64]:
        """(n_calls, lanes, words)"""
        shares = np.empty((len(self.calls), self.n, len(Word)), np.int64)
        shares[:] = WHOLE
        for k, division in enumerate(self.partition.divisions):
            if division is None:
                continue
            shares[k] = shares_of(self.calls[k].kernel, division, self.n)
            domain = self.calls[k].kernel.domain
            if isinstance(domain, Select):  # so that no two lists meet
                first, size = int(domain.part.first.data[0]), int(domain.part.size.data[0])
                shares[k, :, Word.AT] = np.clip(shares[k, :, Word.LOW] - first, 0, size)
        return shares

    def share_addresses(self, lane: int) -> NDArray[np.int64]:
        """(n_calls,)"""
        stride = self._shares.strides
        return self._shares.ctypes.data + stride[0] * np.arange(len(self.calls)) + stride[1] * lane

    # ------------------------------------------------------------ lists
    def _merge(self) -> None:
        merges = self.partition.merges
        self.merge_starts = np.cumsum([0, *map(len, merges)], dtype=np.int64)
        self._merged = [k for listed in merges for k in listed]
        self._offsets = self._shares[self._merged, :, Word.AT].copy()

    def merges(self) -> NDArray[np.int64]:
        """(n, 6)  see backends/llvm/driver."""
        table = np.zeros((len(self._merged), 6), np.int64)
        for row, k in enumerate(self._merged):
            domain = self.calls[k].kernel.domain
            assert isinstance(domain, Select)
            out = domain.out
            counts, offsets = self._counts[k], self._offsets[row]
            clock = self.calls[k].clock
            addresses = out.indices.address, out.count.address, counts.ctypes.data
            table[row] = *addresses, offsets.ctypes.data, clock, k
        return table

    def stand_ins(self, lane: int) -> dict[int, dict[Slot, int]]:
        """The addresses that a lane uses instead of those of some slots, by call."""
        found: dict[int, dict[Slot, int]] = {}
        for k, call in enumerate(self.calls):
            found[k] = self._pieces.stand_in(k, call.kernel)
            domain = call.kernel.domain
            if isinstance(domain, Select) and self.partition.divisions[k] is not None:
                found[k] = {domain.out.count: self._counts[k, lane].ctypes.data}
        return found


def shares_of(kernel: Kernel, division: Division, n: int) -> NDArray[np.int64]:
    """(n, words)  the shares of n owners in a divided call; lists begin at 0."""
    shares = np.empty((n, len(Word)), np.int64)
    shares[:] = WHOLE
    if is_cut(kernel, division):
        shares[:, Word.LANE] = np.arange(n)
        shares[:, Word.LANES] = n
    else:
        ends = bounds(division.size, n)
        shares[:, Word.LOW] = ends[:-1]
        shares[:, Word.HIGH] = ends[1:]
    return shares


def seconds_to_divide(kernels: Sequence[Kernel]) -> float:
    """About what it takes to divide a step and to cut its rows for several lanes."""
    in_rows = [k.domain for k in kernels if isinstance(k.domain, (Propagate, Reduce))]
    n_rows = sum(len(_starts(domain)) for domain in in_rows)
    return PER_CALL * len(kernels) + PER_ROW * n_rows


def _starts(domain: Propagate | Reduce) -> Slot:
    if isinstance(domain, Propagate) and domain.delays is not None:
        return domain.delays.starts
    return domain.rows
