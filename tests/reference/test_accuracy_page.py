"""The numbers of docs/accuracy.md are those that rheobase and scipy give today."""

from __future__ import annotations

import importlib.util
import logging
import math
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
CHECKED = 0.05  # ms: the row of each method that is computed again


def _load():
    spec = importlib.util.spec_from_file_location("accuracy", ROOT / "scripts" / "accuracy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["accuracy"] = module
    spec.loader.exec_module(module)
    return module


accuracy = _load()


def rows_in_page(name):
    table = PAGE.split(f"<!-- {name} -->\n")[1].split(f"<!-- end of {name} -->")[0]
    lines = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    return {(row[0].strip("`"), float(row[1])): row[2:] for row in lines}


@pytest.mark.parametrize("model", accuracy.MODELS, ids=lambda m: m.name)
def test_the_page_shows_what_is_computed(model, caplog):
    """To 6 %: two digits are printed, and processors round differently. Below 1e-5 ms and mV, where
    what is left is rounding and the tolerance of adaptive methods, to a factor of 3."""
    caplog.set_level(logging.CRITICAL, logger="rheobase")
    shown = rows_in_page(model.name)
    assert len(shown) == len(model.methods) * len(accuracy.STEPS)
    for row in accuracy.rows_of(model, [CHECKED]):
        n_spikes, *numbers = shown[row.method, row.dt]
        assert row.n_spikes == int(n_spikes)
        for text, value in zip(numbers, (row.v, row.spikes, row.spikes_between)):
            if text in ("-", "runs away"):
                assert math.isnan(value) or value > 1000
            elif value < 1e-5:
                assert float(text) / 3 < value < float(text) * 3
            else:
                assert value == pytest.approx(float(text), rel=0.06)
            assert (ROOT / "docs" / "images" / f"accuracy_{model.name}.png").exists()
