"""The state of the random numbers.

A draw is a pure function of (seed, stream, step, element, draw); ir/kernels.Stream defines it.
This module decides which streams are handed out: one for each kernel of a network that draws, and
one for each single evaluation (`G.v = 'rand()'`, connect()). They are numbered from the last
`seed()` on, so what a script does after seed() repeats exactly, however often and whatever ran
before it.

Scripts written for Brian 2 may seed numpy's global generator instead, which feeds their simulations
there. For them (`follow_numpy`), it gives the seed while the script gives none: one number is drawn
from it whenever it is met in another state than it was left in.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from numbers import Integral

import numpy as np

from rheobase.errors import ModelTypeError
from rheobase.ir.dtypes import I64
from rheobase.ir.slots import Slot

__all__ = [
    "follow_numpy",
    "generation",
    "get_state",
    "is_seeded",
    "look_at_numpy",
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
        self.follows_numpy = False
        self.numpy_left = b""  # the state in which its generator was left


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


def follow_numpy() -> None:
    """From now on, numpy's global generator gives the seed while the script gives none."""
    _state.follows_numpy = True


def look_at_numpy() -> None:
    """If it is followed, and has been seeded or used since: begin again with a seed from it."""
    if not _state.follows_numpy or _state.chosen or _numpy_state() == _state.numpy_left:
        return
    _state.seed = int(np.random.randint(2**63 - 1, dtype=np.int64))
    _state.next_stream = 0
    _state.generation += 1
    _state.numpy_left = _numpy_state()


def _numpy_state() -> bytes:
    return pickle.dumps(np.random.get_state(legacy=False))


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
    resume(int(state["seed"]), int(state["next_stream"]))


def peek() -> tuple[int, int]:
    """(seed, next stream), for a checkpoint; nothing changes."""
    return _state.seed, _state.next_stream


def resume(seed: int, next_stream: int) -> None:
    """Go on from a checkpoint; kernels get their streams back from there, too."""
    _state.seed, _state.next_stream = seed, next_stream
    _state.generation += 1
    _state.numpy_left = _numpy_state()


def take_streams(n: int = 1) -> int:
    """Reserve n consecutive streams; the first."""
    look_at_numpy()
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
