"""A sample of the search that `python -m tests.fuzz.checkpoints` does at length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.fuzz.checkpoints import differences, split, whole


@pytest.mark.parametrize("choice", [11])
def test_a_run_split_over_processes_is_the_run_that_is_not(choice: int, tmp_path: Path) -> None:
    """Bit for bit, all that was recorded and all state."""
    expected = whole(choice)
    assert sum(len(v) for k, v in expected.items() if k.endswith(".i")) > 0
    assert differences(split(choice, tmp_path), expected) == []


def test_a_difference_of_one_bit_is_seen() -> None:
    a = {"v": np.array([1.0, 2.0]), "i": np.array([1])}
    b = {"v": np.array([1.0, np.nextafter(2.0, 3)]), "i": np.array([1])}
    assert differences(a, b) == ["v"]
    assert differences(a, {"v": a["v"]}) == ["i"]
