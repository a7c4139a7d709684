"""The gallery: each script runs, draws, and shows what its publication says."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
pytest.register_assert_rewrite("gallery_checks")

import gallery  # noqa: E402


def test_every_script_has_a_check_and_every_check_a_script() -> None:
    assert set(gallery.CHECKS) == {m.name for m in gallery.models()}


@pytest.mark.parametrize("model", gallery.models(), ids=lambda m: m.name)
def test_script_names_its_publication(model: Any) -> None:
    """The first line says what is shown; the text names a year and where to look it up."""
    assert len(model.title) <= 80
    assert re.search(r"\b(18|19|20)\d\d\b", model.text)


@pytest.mark.parametrize("model", gallery.models(), ids=lambda m: m.name)
def test_script_shows_what_its_publication_says(model: Any, tmp_path: Path) -> None:
    """scripts/check.py gives tests and documentation one folder: there, each script runs once."""
    folder = Path(os.environ.get("RHEOBASE_GALLERY", tmp_path))
    assert gallery.shown(model, folder)[0].startswith(b"\x89PNG")
