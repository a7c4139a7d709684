"""Programs get a function of the whole step at once, however few and long their steps are."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from rheobase.backends.llvm import shortcut

_AT_ONCE = {"LONGEST_STEP": math.inf, "KNOWN_FOR": 0.0, "WORTH_LOADING": 0, "WORTH_COMPILING": 0}


class Here:
    """Does what is submitted at once."""

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work())
        return done


@contextmanager
def always_short() -> Generator[list[int]]:
    """Within it, the function is there after the first return from native code, and looked for
    after each until then. Gives a list that grows by its address for each program that has one."""
    found: list[int] = []
    before = {name: getattr(shortcut, name) for name in (*_AT_ONCE, "_beside")}
    known = shortcut.Shortcut._found

    def _found(self: shortcut.Shortcut, address: int) -> None:
        known(self, address)
        found.extend([address] if address else [])

    try:
        shortcut.Shortcut._found = _found
        for name, value in {**_AT_ONCE, "_beside": Here}.items():
            setattr(shortcut, name, value)
        yield found
    finally:
        shortcut.Shortcut._found = known
        for name, value in before.items():
            setattr(shortcut, name, value)
