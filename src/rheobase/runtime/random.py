"""The state of the random numbers.

A draw is a pure function of (seed, stream, step, element, draw); ir/kernels.Stream defines it.
This module decides which streams are handed out: one for each kernel of a network that draws, and
one for each single evaluation (`G.v = 'rand()'`, connect()). They are numbered from the last
`seed()` on, so what a script does after seed() repeats exactly, however often and whatever ran
before it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from numbers import Integral

from rheobase.errors import ModelTypeError
from rheobase.ir.dtypes import I64
from rheobase.ir.slots import Slot

__all__ = [
    "generation",
    "get_state",
    "is_seeded",
    "new_stream_state",
    "peek",
    "resume",
    "seed",
    "set_state",
    "take_streams",
    "untouched",
    "write_stream",
]


def _unpredictable() -> int:
    """A seed from the system. (The module secrets would import half of cryptography.)"""
    return int.from_bytes(os.urandom(8), "little") & (2**63 - 1)


class _State:
    def __init__(self) -> None:
        self.seed = _unpredictable()
        self.chosen = False  # whether the script has given the seed
        self.next_stream = 0
        self.generation = 0  # counts calls of seed()


_state = _State()


def seed(value: int | None = None) -> None:
    """Start the random numbers again.

    value   any integer; the same value gives the same numbers. None: an unpredictable one.
    Raises ModelTypeError for anything else.

    >>> from rheobase.runtime import random
    >>> random.seed(42)
    """
    if value is not None and not isinstance(value, Integral):
        raise ModelTypeError(f"a seed is a whole number, such as seed(1), not {value!r}")
    _state.seed = _unpredictable() if value is None else int(value) & (2**63 - 1)
    _state.chosen = value is not None
    _state.next_stream = 0
    _state.generation += 1


def is_seeded() -> bool:
    """Whether the script has given a seed: then runs that begin again are to repeat."""
    return _state.chosen


def generation() -> int:
    """Changes with every call of seed(): streams taken before are stale."""
    return _state.generation


def get_state() -> dict[str, int]:
    """What set_state needs to go back to here.

    Streams that are in use are given up: kernels take new ones when they next run, and take the
    same after set_state.
    """
    _state.generation += 1
    return {"seed": _state.seed, "next_stream": _state.next_stream}


def set_state(state: Mapping[str, int]) -> None:
    """Go back to a state: from here on come the numbers that came after get_state()."""
    _state.seed, _state.next_stream = int(state["seed"]), int(state["next_stream"])
    _state.generation += 1


def peek() -> tuple[int, int]:
    """(seed, next stream), for a checkpoint; nothing changes."""
    return _state.seed, _state.next_stream


def resume(seed: int, next_stream: int) -> None:
    """Go on from a checkpoint; kernels get their streams back from there, too."""
    _state.seed, _state.next_stream = seed, next_stream
    _state.generation += 1


def take_streams(n: int = 1) -> int:
    """Reserve n consecutive streams; the first."""
    first = _state.next_stream
    _state.next_stream += n
    return first


@contextmanager
def untouched() -> Generator[None, None, None]:
    """What is drawn within is drawn for trial: the script goes on as if it had not been."""
    first = _state.next_stream
    try:
        yield
    finally:
        _state.next_stream = first


def new_stream_state(name: str) -> Slot:
    """A slot for Stream.state."""
    return Slot(f"{name} stream", I64, 3)


def write_stream(state: Slot, stream: int, step: int) -> None:
    """Make a kernel draw from a stream, counting steps from `step`."""
    state.data[:] = (_state.seed, stream & 0xFFFFFFFF, step)
