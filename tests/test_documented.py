"""Every public object is explained, and shown at work by an example that the suite runs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

MODULES = (
    "rheobase",
    "rheobase.units",
    "rheobase.brian2.legacy",
    "rheobase.brian2tools",
    "rheobase.exchange",
    "rheobase.inspection",
    "rheobase.plotting",
    "rheobase.results",
)
TO_BE_MET = (
    "NeuroMLMorphology",
    "SonataEdges",
    "SonataNodes",
)  # what functions with an example return


def _is_ours(x: Any) -> bool:
    return (getattr(x, "__module__", None) or "").startswith("rheobase")


def _objects() -> dict[str, Any]:
    """Public classes and functions by where they are found first."""
    found: dict[int, tuple[str, Any]] = {}
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            x = getattr(module, name)
            if (inspect.isclass(x) or inspect.isroutine(x)) and _is_ours(x):
                found.setdefault(id(x), (f"{module.__name__}.{name}", x))
    return dict(found.values())


OBJECTS = _objects()
CLASSES = {name: x for name, x in OBJECTS.items() if inspect.isclass(x)}


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that are written here."""
    for name, member in inspect.getmembers_static(kind):
        written = member.fget if isinstance(member, property) else inspect.unwrap(member)
        is_code = isinstance(member, property) or inspect.isroutine(member)
        if not name.startswith("_") and is_code and _is_ours(written):
            yield name, getattr(kind, name)


@pytest.mark.parametrize("name", OBJECTS)
def test_public_object_has_an_example(name: str) -> None:
    text = OBJECTS[name].__doc__ or ""
    assert ">>>" in text or name.rpartition(".")[2] in TO_BE_MET


@pytest.mark.parametrize("name", CLASSES)
def test_public_members_are_explained(name: str) -> None:
    """By a docstring of their own, or that of the method which they override."""
    silent = [n for n, member in _members(CLASSES[name]) if not inspect.getdoc(member)]
    assert silent == []
