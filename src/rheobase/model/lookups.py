"""Knowing that nothing has changed since the last run, without looking everything up again.

What the code of an object means depends on its own variables, on the namespaces of groups, and on
those names of the script that it looked up. The first two announce changes (`structure_changed`);
the last are remembered by a `Lookups`, which compares a handful of values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lookups", "OwnNamespace", "structure", "structure_changed"]

_MISSING = object()
_changes = 0


def structure() -> int:
    """Changes whenever a group's variables, links or own namespace change."""
    return _changes


def structure_changed() -> None:
    """Say that what names mean may have changed."""
    global _changes
    _changes += 1


class OwnNamespace(dict[str, Any]):
    """The namespace of a group; changing it is noticed at the next run."""

    def __setitem__(self, name: str, value: Any) -> None:
        structure_changed()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        structure_changed()
        super().__delitem__(name)

    def update(self, *args: Any, **kwds: Any) -> None:
        structure_changed()
        super().update(*args, **kwds)

    def pop(self, *args: Any) -> Any:
        structure_changed()
        return super().pop(*args)

    def clear(self) -> None:
        structure_changed()
        super().clear()


class Lookups(Mapping[str, Any]):
    """A namespace that remembers what was asked of it.

    >>> from rheobase.model.lookups import Lookups
    >>> asked = Lookups({'tau': 0.01, 'other': 3})
    >>> asked.get('tau')
    0.01
    >>> asked.still_holds({'tau': 0.01}), asked.still_holds({'tau': 0.02})
    (True, False)
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._seen: dict[str, tuple[Any, Any]] = {}
        self._structure = structure()

    def __getitem__(self, name: str) -> Any:
        value = self._look(name)
        if value is _MISSING:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return self._look(name) is not _MISSING

    def __iter__(self) -> Iterator[str]:
        return iter(self._namespace)

    def __len__(self) -> int:
        return len(self._namespace)

    def _look(self, name: Any) -> Any:
        value: Any = self._namespace.get(name, _MISSING)
        self._seen[name] = (value, _content(value))
        return value

    def still_holds(self, namespace: Mapping[str, Any]) -> bool:
        """Whether all that was asked would get the same answers from another namespace now."""
        if self._structure != structure():
            return False
        for name, (value, content) in self._seen.items():
            now: Any = namespace.get(name, _MISSING)
            if content is _UNKNOWN:
                return False
            if now is value and not hasattr(value, "shape"):
                continue
            if type(cast("object", now)) is not type(value) or _content(now) != content:
                return False
        return True


_UNKNOWN = object()


def _content(value: Any) -> Any:
    """What tells two values apart that code may use; _UNKNOWN for what can change unseen."""
    if value is _MISSING or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return cast("Any", value).item()
    if isinstance(value, np.ndarray):
        array = cast("NDArray[Any]", value)
        if array.ndim:
            return ("array", array.shape)
        return (getattr(array, "dim", None), np.asarray(array).item())
    if callable(value) and not isinstance(value, type) and not _is_of_a_library(value):
        return _UNKNOWN
    return id(value)


def _is_of_a_library(function: Any) -> bool:
    """Whether it is a function that no script has written, so that it stays what it is."""
    if isinstance(function, (BuiltinFunctionType, np.ufunc)):
        return True
    package = str(getattr(function, "__module__", "")).partition(".")[0]
    return isinstance(function, FunctionType) and package in ("rheobase", "numpy")
