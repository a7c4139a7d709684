"""A sample of the search that `python -m tests.fuzz.networks` does at length."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fuzz.networks import (
    BACKENDS,
    DOUBLE,
    compare,
    first_difference,
    simulate,
    until,
    wrong_values,
)


@pytest.mark.parametrize("choice", range(4))
def test_random_networks_are_the_same_on_both_backends(choice: int) -> None:
    """Events and whole numbers exactly, floats as far as rounding goes."""
    assert compare(choice) == ("same", "")


def test_what_is_compared_tells_networks_apart() -> None:
    """A spike more, and a state that is off by more than rounding, are both seen."""
    r = simulate(5, BACKENDS[1])
    assert first_difference(r, r) is None
    assert not wrong_values(r, r, DOUBLE)
    t, i = r["cells0_spikes.t"], r["cells0_spikes.i"]
    assert len(t) > 1
    fewer = {**r, "cells0_spikes.t": t[:-1], "cells0_spikes.i": i[:-1]}
    first = first_difference(r, fewer)
    assert first is not None
    assert (first.monitor, first.neuron, first.t) == ("cells0_spikes", i[-1], t[-1])
    moved = {**r, "cells0.v": r["cells0.v"] * (1 + 1e-6)}
    assert [x.split(":")[0] for x in wrong_values(moved, r, DOUBLE)] == ["cells0.v"]
    late = until(r, 1e-3)
    assert late["cells0_before.v"].shape[0] == np.sum(r["cells0_before.t"] < 1e-3 - 1e-9) > 0
