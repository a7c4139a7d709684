"""Scripts for C++ standalone mode, in the ways in which published models are written, run as they
are: each checks its own results."""

from __future__ import annotations

from pathlib import Path

import pytest

import rheobase as rb
from rheobase.cli.scripts import run_script

SCRIPTS = sorted((Path(__file__).parent / "standalone").glob("*.py"))


@pytest.fixture(autouse=True)
def initial(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    rb.start_scope()
    yield
    rb.restore_initial_state()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_for_cpp_standalone_runs_unchanged(script, tmp_path):
    run_script(script, [])
    assert list(tmp_path.iterdir()) == []  # no C++ program, no folder of results


def test_delete_is_accepted_without_a_standalone_program(tmp_path):
    rb.device.delete(force=True)
    assert list(tmp_path.iterdir()) == []


def test_scripts_are_there():
    assert len(SCRIPTS) >= 5
