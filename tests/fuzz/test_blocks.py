"""A sample of the search that `python -m tests.fuzz.blocks` does at length."""

from __future__ import annotations

import pytest

from tests.fuzz.blocks import compare


@pytest.mark.parametrize("choice", [1, 6])
def test_random_networks_are_the_same_in_blocks_and_on_threads(choice: int) -> None:
    assert compare(choice) == ("ahead", "")
