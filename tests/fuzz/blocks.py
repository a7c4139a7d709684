"""Random networks in blocks of steps and on threads, against step by step, bit for bit.

    python -m tests.fuzz.blocks --n 1000 --seed 1

Native code builds the network of a number (random_network.py) several times, runs it, changes
something and runs it again: on one thread step by step, and in the ways of `WAYS`, the last of
which makes one function of the step. Chunks are so small here that a few neurons fill several, and
all threads are used from the first step on. About a third of the networks have something that goes
ahead; the count says how many.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, nullcontext

import numpy as np

from rheobase import Network, prefs
from rheobase.backends.llvm import blocks, executable
from rheobase.ir.ahead import ahead_of
from rheobase.ir.program import Program
from rheobase.network import watching
from tests.fuzz.command import search_options
from tests.fuzz.networks import Result, simulate
from tests.network.all_threads import Always
from tests.network.always_short import always_short

__all__ = ["compare"]

STEP_BY_STEP = 1, 1
WAYS = (1, 64), (2, 64), (3, 7), (1, 1, True)  # threads, steps to go ahead, one function


@contextmanager
def small_chunks() -> Generator[None]:
    """Within it, a few dozen numbers fill a chunk."""
    before = blocks.CHUNK, blocks.CHUNK_IN_ROWS, blocks.MOST_PIECES, executable.Pace
    blocks.CHUNK = blocks.CHUNK_IN_ROWS = blocks.MOST_PIECES = 500  # pyright: ignore
    executable.Pace = Always
    try:
        yield
    finally:
        blocks.CHUNK, blocks.CHUNK_IN_ROWS, blocks.MOST_PIECES, executable.Pace = before  # pyright: ignore


def compare(choice: int) -> tuple[str, str]:
    """('ahead' | 'together' | 'different', what differs)."""
    seen: list[bool] = []

    def note(_: Network, program: Program) -> None:
        seen.append(ahead_of(program.calls) is not None)

    with small_chunks(), watching(note):
        wanted, *found = (_run(choice, *way) for way in (STEP_BY_STEP, *WAYS))
    wrong = [f"{way}: {name}" for way, r in zip(WAYS, found) for name in _differences(r, wanted)]
    if wrong:
        return "different", "; ".join(wrong)
    return ("ahead" if any(seen) else "together"), ""


def _run(choice: int, threads: int, steps: int, short: bool = False) -> Result:
    kept = prefs.core.threads, prefs.core.steps_ahead
    prefs.core.threads, prefs.core.steps_ahead = threads, steps
    try:
        with always_short() if short else nullcontext():
            return simulate(choice, "llvm")
    finally:
        prefs.core.threads, prefs.core.steps_ahead = kept


def _differences(met: Result, wanted: Result) -> list[str]:
    """The names of what is not the same, bit for bit."""
    if list(met) != list(wanted):
        return sorted(set(met) ^ set(wanted))
    return [k for k in met if not np.array_equal(met[k], wanted[k], equal_nan=_is_float(met[k]))]


def _is_float(values: np.ndarray) -> bool:
    return values.dtype.kind == "f"


def main() -> int:
    options = search_options(__doc__, 1000)
    logging.disable(logging.WARNING)
    counts: Counter[str] = Counter()
    for choice in range(options.seed, options.seed + options.n):
        outcome, what = compare(choice)
        counts[outcome] += 1
        if what:
            print(f"network {choice}: {what}", flush=True)
    print(dict(counts))
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
