"""Going back within a run: what a program writes, as it was at an earlier step.

A run from the same state makes the same steps, bit for bit, random numbers included. So a step that
is only found later can be looked at after all: go back, and run up to it. What Python does in a
run cannot be taken back, so such programs are left alone, as are those that write too much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import Python, Record
from rheobase.ir.passes.rewrite import written
from rheobase.ir.program import Executable, Program
from rheobase.ir.slots import Slot
from rheobase.runtime.engine import RunHooks, execute

__all__ = ["MOST_KEPT", "Rewind", "rewind_of"]

MOST_KEPT: Final = 64_000_000  # bytes


class Rewind:
    """The state of a program at one moment of its run, to come back to.

    slots     all that the program writes; of recordings the number of entries only, since the
              entries will be the same
    n_bytes   in them
    is_kept   whether there is a moment to come back to
    """

    def __init__(self, program: Program, executable: Executable, slots: list[Slot]) -> None:
        self._program = program
        self._executable = executable
        self._slots = slots
        self._kept: list[NDArray[np.generic]] = [np.empty(0) for _ in slots]
        self._data: list[NDArray[np.generic]] = []
        self._moves = -1
        self.n_bytes = sum(s.data.nbytes for s in slots)
        self.is_kept = False

    def keep(self) -> None:
        """Come back to here from now on."""
        self.is_kept = True
        if self._moves != Slot.moves:  # some slot has moved, anywhere
            self._data = [slot.data for slot in self._slots]
            self._moves = Slot.moves
        for k, (data, kept) in enumerate(zip(self._data, self._kept)):
            if data.shape == kept.shape:
                kept[:] = data
            else:
                self._kept[k] = data.copy()

    def _put_back(self) -> None:
        for slot, values in zip(self._slots, self._kept):
            if len(slot) == len(values):
                np.copyto(slot.data, values)
            else:
                slot.assign(values)  # a log that has grown meanwhile

    def _run(self, steps: int) -> None:
        if steps:
            hooks = RunHooks({}, pause=lambda: True, first_slice=steps)
            execute(self._program, self._executable, hooks)

    def replay(
        self, steps: int, is_bad: Callable[[], bool], before: Callable[[], None]
    ) -> Callable[[], None]:
        """Go back, and forward again to the end of the first step after which `is_bad()`.

        steps    made since `keep`; is_bad() now
        before   called with the state from before that step
        Returns what makes the rest of the steps. The first step is found by halving, so that all
        together are run twice, whatever happened within them.
        """
        good, bad = 0, steps
        while bad - good > 1:
            middle = (good + bad) // 2
            self._put_back()
            self._run(middle - good)
            if is_bad():
                bad = middle
            else:
                good = middle
                self.keep()
        self._put_back()
        before()
        self._run(1)
        return lambda: self._run(steps - bad)


def rewind_of(program: Program, executable: Executable) -> Rewind | None:
    """A way back for a program; None if there can be none."""
    slots: dict[Slot, None] = {}
    for call in program.calls:
        domain = call.kernel.domain
        if isinstance(domain, Python):
            return None
        buffers = domain.buffers if isinstance(domain, Record) else ()
        slots |= dict.fromkeys(s for s in written(call.kernel) if s not in buffers)
    for clock in program.clocks:
        slots |= dict.fromkeys((clock.step, clock.t))
    made = Rewind(program, executable, list(slots))
    return made if made.n_bytes <= MOST_KEPT else None
