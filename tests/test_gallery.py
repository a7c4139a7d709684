"""The gallery: each script runs, draws, and shows what its publication says.

CHECKS has a function for each script, of the names that the script leaves behind. It looks at
numbers that the publication gives, or at what its figure is known for.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
Names = Mapping[str, Any]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = module
    spec.loader.exec_module(module)
    return module


gallery = _load()


def _fitzhugh(names: Names) -> None:
    """For z = -0.4 the cell oscillates (FitzHugh 1961, fig. 3), about every 11 time units."""
    assert 10 < names["period"] < 12.5


CHECKS: dict[str, Callable[[Names], None]] = {
    "fitzhugh_nagumo_1961": _fitzhugh,
}


def test_every_script_has_a_check_and_every_check_a_script() -> None:
    assert set(CHECKS) == {m.name for m in gallery.models()}


@pytest.mark.parametrize("model", gallery.models(), ids=lambda m: m.name)
def test_script_names_its_publication(model: Any) -> None:
    """The first line says what is shown; the text names a year and where to look it up."""
    assert len(model.title) <= 80
    assert re.search(r"\b(18|19|20)\d\d\b", model.text)


@pytest.mark.parametrize("model", gallery.models(), ids=lambda m: m.name)
def test_script_shows_what_its_publication_says(model: Any) -> None:
    _, names = gallery.run(model)
    CHECKS[model.name](names)
