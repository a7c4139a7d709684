"""Programs bound to their memory: the tables of addresses through which native code reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm import gates
from rheobase.backends.llvm.blocks import Blocks
from rheobase.backends.llvm.doors import breaks
from rheobase.backends.llvm.jit import jit
from rheobase.backends.llvm.lanes import Lanes
from rheobase.backends.llvm.runs import WORDS, asked_of_lane, asked_words, looked_up, run_ends
from rheobase.backends.llvm.schedule import N_WORDS, TABLE
from rheobase.backends.llvm.slottable import Of, SlotTable, present
from rheobase.backends.llvm.timer import timer_address, timer_kind
from rheobase.ir.program import Program
from rheobase.ir.slots import Slot

__all__ = ["ProgramWords", "Tables"]


class ProgramWords:
    """What the tables of a program hold whatever the number of lanes.

    slots      the different slots; `numbers` says which stands at each place: the arguments of all
              calls, then the four of each clock
    arguments, starts   the slots of each call, and where in `numbers` they begin
    """

    def __init__(self, program: Program, functions: Sequence[int]) -> None:
        self.calls = program.calls
        self.functions = np.array(functions, np.int64)
        self.clock_slots = program.clocks
        self.clocks = np.array([c.clock for c in self.calls], np.int64)
        self.due = np.zeros(max(len(program.clocks), 1), np.int64)
        self.fresh = np.ones(1, np.int64)
        self.arguments = [c.kernel.slots() for c in self.calls]
        states = [(c.step, c.t, c.dt, c.end) for c in program.clocks]
        self.slots, self.numbers = _numbered([*self.arguments, *states])
        sizes = np.array([len(a) for a in self.arguments], np.int64)
        self.starts = np.cumsum(sizes) - sizes
        self.n_arguments = int(sizes.sum())
        numbers = {slot: n for n, slot in enumerate(self.slots)}
        kernels = [c.kernel for c in self.calls]
        self.gates = SlotTable(
            [gates.gate_words(k) for k in kernels], gates.WORDS, numbers.__getitem__
        )
        self.may_belong = [looked_up(k) for k in kernels]
        asked = [asked_words(k) if may else [] for k, may in zip(kernels, self.may_belong)]
        self.asked = SlotTable(asked, WORDS, numbers.__getitem__)
        self.times = [c.times for c in program.clocks]
        self.scratch = np.array([timer_kind(), 0, 0, 0], np.int64)
        self.breaks = breaks()

    def generations(self) -> list[int]:
        """Changes when one of the slots moves."""
        times = [slot.generation for slot in self.times if slot is not None]
        return [slot.generation for slot in self.slots] + times


class Tables:
    """A program's tables of addresses, one for each lane; see backends/llvm/driver.

    is_plain   whether there is one lane, and no call goes ahead, as the slots are now
    """

    def __init__(self, words: ProgramWords, n_lanes: int) -> None:
        self.lanes = Lanes(words.calls, n_lanes)
        self._blocks = Blocks(self.lanes, words.clock_slots)
        self._words = words
        self._n_lanes = np.array([n_lanes], np.int64)
        self._tables = np.zeros((n_lanes, N_WORDS), np.int64)
        first, stride = self._tables.ctypes.data, self._tables.strides[0]
        self._addresses = [first + stride * lane for lane in range(n_lanes)]
        self.is_plain = False
        self._spent: NDArray[np.int64] | None = None
        self._generations: list[int] | None = None
        self._moves = -1
        self._kept: list[NDArray[np.int64]] = []  # what the addresses in the tables point to

    def addresses(self, spent: NDArray[np.int64] | None) -> list[int]:
        """The address of each lane's table, as the slots are now."""
        if self._moves != Slot.moves:  # some slot has moved, anywhere
            generations = self._words.generations()
            if generations != self._generations:
                self._bind()
                self._generations = generations
            self._moves = Slot.moves
        if spent is not self._spent:
            self._tables[0, TABLE["spent"]] = 0 if spent is None else spent.ctypes.data
            self._spent = spent
        return self._addresses

    def _bind(self) -> None:
        """Read the addresses and lengths of all slots."""
        words, lanes = self._words, self.lanes
        lanes.divide()
        self._blocks.divide()
        known = present(words.slots)
        slots, lengths = known[Of.ADDRESS][words.numbers], known[Of.TURN][words.numbers] + 1
        times = np.array([0 if s is None else s.address for s in words.times], np.int64)
        arrays = {
            "functions": words.functions,
            "lengths": lengths.ctypes.data + 8 * words.starts,
            "clocks": words.clocks,
            "due": words.due,
            "fresh": words.fresh,
            "times": times,
            "scratch": words.scratch,
            "divided": np.array([d is not None for d in lanes.partition.divisions], np.int64),
            "waits": np.array(lanes.partition.waits, np.int64),
            "merge_starts": lanes.merge_starts,
            "merges": lanes.merges(),
            "team": lanes.team,
            "lanes": self._n_lanes,
            "breaks": words.breaks,
            "gates": words.gates.filled(known),
            **self._blocks.arrays(),
        }
        partition, is_ahead = lanes.partition, arrays["is_ahead"].tolist()
        ends = run_ends(words.calls, words.may_belong, partition, is_ahead)
        arrays["run_ends"] = np.array(ends, np.int64)
        numbers = {
            "n_calls": len(words.calls),
            "n_clocks": len(words.times),
            "state": slots.ctypes.data + 8 * words.n_arguments,
            "timer": timer_address(),
            "run": jit().run() if any(ends) else 0,
            **self._blocks.numbers(),
        }
        self.is_plain = len(self._tables) == 1 and not numbers["n_ahead"]
        self._kept = [slots, lengths, *arrays.values()]
        for lane, table in enumerate(self._tables):
            stand_ins = lanes.stand_ins(lane)
            entries = self._slots_of(slots, stand_ins)
            own = {
                "asked": asked_of_lane(words.asked.filled(known), words.calls, stand_ins),
                "slots": entries,
                "ahead_slots": self._slots_of(slots, self._blocks.stand_ins(lane)),
                **self._blocks.own_arrays(lane, entries),
                "shares": lanes.share_addresses(lane),
                "places": lanes.places[lane],
            }
            self._kept += own.values()
            addresses = {name: array.ctypes.data for name, array in (arrays | own).items()}
            for name, value in (addresses | numbers).items():
                table[TABLE[name]] = value

    def _slots_of(
        self, slots: NDArray[np.int64], stand_ins: Mapping[int, Mapping[Slot, int]]
    ) -> NDArray[np.int64]:
        """Where the addresses of the slots of each call that `stand_ins` names stand, with the
        addresses that it gives."""
        words = self._words
        own = slots.copy()
        self._kept.append(own)
        for k, addresses in stand_ins.items():
            for slot, address in addresses.items():
                own[words.starts[k] + words.arguments[k].index(slot)] = address
        return own.ctypes.data + 8 * words.starts[list(stand_ins)]


def _numbered(groups: Sequence[Sequence[Slot]]) -> tuple[list[Slot], NDArray[np.int64]]:
    """The different slots, and for each place in the groups the number of its slot."""
    found: dict[int, int] = {}
    slots: list[Slot] = []
    numbers: list[int] = []
    for group in groups:
        for slot in group:
            number = found.setdefault(id(slot), len(slots))
            if number == len(slots):
                slots.append(slot)
            numbers.append(number)
    return slots, np.array(numbers, np.int64)
