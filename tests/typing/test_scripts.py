"""What type checkers are told of the package is true.

The scripts in the folder beside this file say what the type of each thing is (assert_type).
Checkers hold that against the package in scripts/check.py, and here it is held against values.
"""

from __future__ import annotations

import importlib.resources
import runpy
import sys
import typing
from pathlib import Path
from typing import Any, get_origin

import pytest

from rheobase.brian2 import legacy

FOLDER = Path(__file__).parent
SCRIPTS = sorted((FOLDER / "scripts").glob("*.py"))
sys.path.insert(0, str(FOLDER.parents[1] / "scripts"))


def hold(value: object, kind: Any) -> None:
    """As typing.assert_type, of the value."""
    if kind is not Any:
        assert isinstance(value, get_origin(kind) or kind), (value, kind)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_values_are_what_their_types_say(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing, "assert_type", hold)
    runpy.run_path(str(script), run_name="__main__")


def test_the_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files("rheobase").joinpath("py.typed").is_file()


def test_stubs_have_the_names_of_today() -> None:
    """Run scripts/stubs.py if this fails."""
    import stubs

    for path, text in stubs.stubs():
        assert path.read_text(encoding="utf-8") == text, path


def test_checkers_know_every_method_object() -> None:
    assert set(legacy.METHOD_OBJECTS) <= set(legacy.__all__)
