"""When the step of a program becomes one function (backends/llvm/wholestep).

That takes a fifth of a second to compile, once: it is kept on disk. So it is looked for where the
steps of a run are short and many, and compiled, beside the run, where they will take longer still.
The run goes on as it is meanwhile; either way computes the same numbers.
"""

from __future__ import annotations

import hashlib
import math
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial

from rheobase.backends.llvm.jit import Module, jit
from rheobase.backends.llvm.wholestep import SYMBOL, describe, fits, write_step
from rheobase.ir.program import Program

__all__ = ["Shortcut"]

LONGEST_STEP = 2e-6  # s: of longer ones, the way from call to call is a small part
KNOWN_FOR = 1e-4  # s that steps must have taken together to say how long one takes
GIVEN_UP_AFTER = 20e-3  # s of longer steps: a few of them say that somebody else had the processor
WORTH_LOADING = 2e-3  # s that are left of a run
WORTH_COMPILING = 25e-3


class Shortcut:
    """Decides, for one program, from how its run goes.

    address    of the function, as soon as there is one; 0: there is none
    is_wanted  whether it may still come to that
    """

    def __init__(self, program: Program, contract: bool) -> None:
        self.address = 0
        self.is_wanted = fits(program)
        self._program = program
        self._contract = contract
        self._shortest = math.inf  # step so far, s
        self._seconds = 0.0
        self._module: Module | None = None
        self._compiled: Future[bytes] | None = None

    @property
    def steps_left(self) -> int:
        """How many the run has still to make."""
        clock = self._program.clocks[0]
        return int(clock.end.data[0]) - int(clock.step.data[0])

    def note(self, steps: int, seconds: float) -> None:
        """So many steps have taken so long without it."""
        if seconds < KNOWN_FOR or not steps:
            return
        self._seconds += seconds
        self._shortest = min(self._shortest, seconds / steps)
        left = self._shortest * self.steps_left
        if self._shortest > LONGEST_STEP:
            self.is_wanted = self._seconds < GIVEN_UP_AFTER
        elif left >= WORTH_LOADING:
            self._get(left >= WORTH_COMPILING)

    def _get(self, may_compile: bool) -> None:
        """Have the function if it is there, or have it compiled."""
        if self._compiled is not None:
            if self._compiled.done():
                self._found(jit().add(self._described, self._compiled.result()))
            return
        if self._module is None:
            self._found(jit().ready(self._described))
        if may_compile and not self.address:
            self._compiled = _beside().submit(partial(jit().compiled, self._described))

    def _found(self, address: int) -> None:
        self.address = address
        self.is_wanted = not address

    @property
    def _described(self) -> Module:
        """The module, which is written when it is to be compiled."""
        if self._module is None:
            host, contract = jit().host, self._contract
            text = f"step contract={contract}\n{describe(self._program, host)}"
            symbol = f"{SYMBOL}_{hashlib.sha256(text.encode()).hexdigest()}"
            write = partial(write_step, self._program, host, contract, symbol)
            self._module = jit().module(symbol, text, write)
        return self._module


@cache
def _beside() -> ThreadPoolExecutor:
    """The thread in which steps are compiled."""
    return ThreadPoolExecutor(1, "rheobase-step")
