"""A sample of the search that `python -m tests.fuzz.parser` does at length."""

from __future__ import annotations

import pytest

from rheobase.errors import Source
from rheobase.model.generators import parse_generator
from tests.fuzz.parser import CHECKS, FuzzError, check_text, search, watched
from tests.fuzz.texts import KINDS, SEEDS


def test_spoiled_texts_end_in_documented_exceptions() -> None:
    """600 texts: ModelError or nothing, soon, and Python runs none of them."""
    outcomes, failures = search(600, seed=20261123)
    assert not failures
    assert outcomes["valid"] > 60
    assert outcomes["ModelSyntaxError"] > 60


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_are_in_the_language(kind: str) -> None:
    """The texts that are spoiled are themselves read without a syntax error."""
    with watched():
        for text in SEEDS[kind]:
            assert check_text(kind, text) != "ModelSyntaxError" or "size=" in text


def test_hook_sees_what_python_would_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search fails for a parser that evaluates its text."""
    monkeypatch.setitem(CHECKS, "expression", lambda text: eval(text))
    with watched(), pytest.raises(FuzzError, match=r"compile .*exec "):
        check_text("expression", "1 + 1")


def test_timer_ends_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search fails for a text that takes longer than the limit."""

    def hang(text: str) -> None:
        while True:
            pass

    monkeypatch.setattr("tests.fuzz.parser.LIMIT", 0.05)
    monkeypatch.setitem(CHECKS, "expression", hang)
    with watched(), pytest.raises(FuzzError, match="more than"):
        check_text("expression", "1")


def test_generator_text_may_hold_anything_that_is_no_ascii() -> None:
    """Columns of Python count bytes: parts of a generator are still cut at characters."""
    text = "µ for µ in range(µ_0, N_post) if µ != i"
    made = parse_generator(text, Source(text))
    assert made.condition is not None
    assert made.condition.span.text == "µ != i"
