"""The state of the random numbers.

A draw is a pure function of (seed, stream, step, element, draw); ir/kernels.Stream defines it.
This module decides which streams are handed out: one for each kernel of a network that draws, and
one for each single evaluation (`G.v = 'rand()'`, connect()). They are numbered from the last
`seed()` on, so what a script does after seed() repeats exactly, however often and whatever ran
before it.
"""

from __future__ import annotations

import secrets

from rheobase.ir.dtypes import I64
from rheobase.ir.slots import Slot

__all__ = ["generation", "new_stream_state", "seed", "take_streams", "write_stream"]


class _State:
    def __init__(self) -> None:
        self.seed = secrets.randbits(63)
        self.next_stream = 0
        self.generation = 0  # counts calls of seed()


_state = _State()


def seed(value: int | None = None) -> None:
    """Start the random numbers again.

    value   any integer; the same value gives the same numbers. None: an unpredictable one.

    >>> from rheobase.runtime import random
    >>> random.seed(42)
    """
    _state.seed = secrets.randbits(63) if value is None else int(value) & (2**63 - 1)
    _state.next_stream = 0
    _state.generation += 1


def generation() -> int:
    """Changes with every call of seed(): streams taken before are stale."""
    return _state.generation


def take_streams(n: int = 1) -> int:
    """Reserve n consecutive streams; the first."""
    first = _state.next_stream
    _state.next_stream += n
    return first


def new_stream_state(name: str) -> Slot:
    """A slot for Stream.state."""
    return Slot(f"{name} stream", I64, 3)


def write_stream(state: Slot, stream: int, step: int) -> None:
    """Make a kernel draw from a stream, counting steps from `step`."""
    state.data[:] = (_state.seed, stream & 0xFFFFFFFF, step)
