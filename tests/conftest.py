"""What all tests share: the flag that rewrites golden files."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

collect_ignore_glob = ["messages/scripts/*", "brian2/standalone/*"]  # scripts: tests run them


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write what the tests met into golden files"
    )


@pytest.fixture(autouse=True)
def no_word_of_other_tests(request: pytest.FixtureRequest) -> None:
    """Groups that were never simulated say so when they are collected: not while others listen."""
    if "caplog" in request.fixturenames:
        gc.collect()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """golden(path, text): the file must hold the text (and a newline at its end).

    With --update-golden the file is written instead.
    """
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, text: str) -> None:
        if update:
            path.write_text(text + "\n", encoding="utf-8")
            return
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden and read it"
        assert text + "\n" == path.read_text(encoding="utf-8")

    return compare
