"""What is recorded for device.run(), sent to processes that were forked from this one.

    set_device('cpp_standalone', build_on_run=False)
    ...
    device.build(run=False)
    with multiprocessing.Pool() as pool:
        rates = pool.map(simulate, taus)      # which calls device.run(run_args={...})

A forked process has a copy of every object already, as it was at the fork. So what goes there is a
number by which it is found; arrays come back. Where processes are not forked (Windows, macOS), each
builds its own model: there is nothing to find.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from rheobase.model.base import objects_so_far, serial_number

__all__ = ["send_to_forks"]

_there: dict[int, object] = {}  # in a forked process, what it got at the fork, by number
_hooked = False


def send_to_forks(kinds: Iterable[type]) -> None:
    """Let multiprocessing send objects of these classes, and of those derived from them."""
    from multiprocessing.reduction import ForkingPickler  # 10 ms that few scripts need

    global _hooked
    if not _hooked and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_begin)
        _hooked = True
    for kind in kinds:
        ForkingPickler.register(kind, _reduced)
        send_to_forks(kind.__subclasses__())


def _begin() -> None:
    _there.clear()
    _there.update(objects_so_far())


def _reduced(x: Any) -> Any:
    if _there:
        raise TypeError(f"{x!r} stays in the process that has simulated it: return arrays of it")
    return _found, (serial_number(x), repr(x))


def _found(number: int, description: str) -> object:
    if number not in _there:
        raise RuntimeError(
            f"{description} is not in this process, which was forked before it was made, or not "
            f"forked at all ({sys.platform}): make the model in the function that simulates it"
        )
    return _there[number]
