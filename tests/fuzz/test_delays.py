"""A sample of the search that `python -m tests.fuzz.delays` does at length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rheobase as rb
from tests.fuzz.delays import Path, Reference, check_case, search


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Cases set the backend and the step."""
    yield
    rb.set_backend("llvm")
    rb.defaultclock.dt = 100 * rb.us


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**40))
def test_every_spike_arrives_once_when_it_should(seed: int) -> None:
    """Pathways of both sides, parts of groups, Synapses onto Synapses; dt and delays change."""
    assert check_case(seed, Counter()) is None


def test_the_search_meets_every_kind_of_delay() -> None:
    """Delays for good, of each synapse, changed by code and by Python."""
    tally, found = search(15, seed=20261125)
    assert not found
    assert min(tally[kind] for kind in ("fixed", "free", "by code", "python")) > 2


def test_the_reference_delivers_after_the_delay_of_the_moment() -> None:
    """One synapse, delay 2 units, then 5; dt goes from 1 unit to 2 with a spike under way."""
    fires = [[u in (0, 1)] for u in range(12)]
    path = Path("pre", 0, [2.1], own=True, grows=3.0)
    reference = Reference([(0, 0)], (fires, fires), [path], (1, 1), dt=1)
    first = [reference.step(0.0, {})[0][0] for _ in range(3)]
    assert first == [0.0, 0.0, 1.0]
    assert path.delays == [5.1]
    assert path.under_way == [(3, 0)]
    reference.now = 4
    path.under_way = [(7, 0), (5, 0)]
    reference.set_dt(2)
    assert path.under_way == [(8, 0), (4, 0)]
