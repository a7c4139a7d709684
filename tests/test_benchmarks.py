"""The models that benchmarks/run.py measures run, at a size that takes no time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import rheobase

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
MODELS = sorted(path.parent.name for path in BENCHMARKS.glob("models/*/rheobase.py"))


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The files of benchmarks/, which is no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    names = ("child", "rows", "sides", "table")
    before = {name: sys.modules.pop(name, None) for name in names}
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


@pytest.mark.parametrize("model", MODELS)
def test_model_runs_for_a_few_steps(model: str, modules: SimpleNamespace) -> None:
    """It builds at a small size, and its rates are numbers of all its populations."""
    module: ModuleType = modules.child.load(model, "rheobase")
    rheobase.start_scope()
    net, populations, _ = module.build(200)
    net.run(1 * rheobase.ms, namespace=vars(module))
    rates = modules.child.rates(populations, 1e-3)
    assert set(rates) == set(populations)
    assert all(rate >= 0 for rate in rates.values())


def test_every_row_has_a_model(modules: SimpleNamespace) -> None:
    """A row without one would be missing from the table silently."""
    smallest = modules.rows.SMALLEST
    assert {row.model for row in modules.rows.ROWS.values()} == {*MODELS, smallest}
    assert (BENCHMARKS / smallest / "with_rheobase.py").exists()


def run(side: str, seconds: float, rate: float) -> dict[str, object]:
    """A line of results of the row lif."""
    return {
        "row": "lif",
        "side": side,
        "duration": 0.1,
        "loop_seconds": seconds,
        "rates": {"cells": rate},
        "synapses": 0,
        "events": 0,
        "build_seconds": 0.0,
        "prepare_seconds": 0.0,
        "peak_rss_bytes": 1e6,
    }


@pytest.mark.parametrize(("rate", "shown"), [(10.1, "| 2.00 |"), (20.0, "| (2.00) |")])
def test_ratio_is_the_median_of_pairs_in_brackets_if_rates_differ(
    rate: float, shown: str, modules: SimpleNamespace
) -> None:
    """Pairs 1, 2 and 4 give 2; a rate twice as high as that of the C program does not count."""
    ours = [run("rheobase-1", s, rate) for s in (1.0, 2.0, 4.0)]
    shown_table = modules.table.table([*(run("c", 1.0, 10.0) for _ in range(3)), *ours])
    assert shown in shown_table
