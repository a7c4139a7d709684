"""What every object of a simulation has: a name, a place in the schedule, a clock."""

from __future__ import annotations

import keyword
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rheobase.errors import ModelTypeError, ModelValueError
from rheobase.ir.kernels import Kernel
from rheobase.model.callers import caller_place
from rheobase.model.clock import Clock, defaultclock

__all__ = ["SimulationObject", "Work", "current_scope", "new_scope"]

_objects: weakref.WeakValueDictionary[str, SimulationObject] = weakref.WeakValueDictionary()
_scope = 0


def current_scope() -> int:
    """The number of the present scope; magic networks hold objects of one scope only."""
    return _scope


def new_scope() -> None:
    """Leave all objects made so far out of the magic network."""
    global _scope
    _scope += 1


@dataclass(frozen=True)
class Work:
    """What an object does in each step: a kernel, or a call of Python."""

    kernel: Kernel
    python: Callable[[], None] | None = None


class SimulationObject:
    """Base of everything that a Network holds.

    name    unique; 'cells*' takes the first of cells, cells_1, ... that is free
    when    slot of the schedule
    order   position within the slot; then the name decides
    dt, clock   the object's own step, or a clock that it shares; default: defaultclock
    """

    add_to_magic_network = False
    invalidates_magic_network = True

    def __init__(
        self,
        name: str,
        when: str = "start",
        order: int = 0,
        dt: Any = None,
        clock: Clock | None = None,
    ) -> None:
        if dt is not None and clock is not None:
            raise ModelTypeError("give either dt or clock, not both")
        self.name = _free_name(name)
        _objects[self.name] = self
        self.place = caller_place()
        self.scope = _scope
        self.when = when
        self.order = int(order)
        self.clock = clock if clock is not None else Clock(dt) if dt is not None else defaultclock
        self.active = True
        self.contained_objects: list[SimulationObject] = []

    @property
    def label(self) -> str:
        """How messages call it: \"neurongroup 'cells' (model.py:12)\"."""
        where = f" ({self.place})" if self.place else ""
        return f"{type(self).__name__} '{self.name}'{where}"

    def prepare(self, namespace: Mapping[str, Any]) -> None:
        """Called before each run: look up names, check, fill tables."""

    def work(self) -> Sequence[Work]:
        """What to do in each step; called after `prepare` of all objects."""
        return ()

    def before_run(self, n_steps: int) -> None:
        """Called last before the first of `n_steps` steps of the object's clock."""

    def after_run(self) -> None:
        """Called when a run has ended, also by an error."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"


def _free_name(name: str) -> str:
    if not name.endswith("*"):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ModelValueError(
                f"'{name}' cannot be the name of an object: use letters, digits and underscores, "
                "and begin with a letter"
            )
        return name
    stem = name[:-1]
    if stem not in _objects:
        return stem
    k = 1
    while f"{stem}_{k}" in _objects:
        k += 1
    return f"{stem}_{k}"
