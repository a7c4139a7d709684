"""Groups do what they do under Brian 2, step for step: the networks of group_scenarios.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.reference.group_scenarios import SCENARIOS, plain

import rheobase as rb

RECORDED = json.loads(Path(__file__).with_name("brian_groups.json").read_text(encoding="utf-8"))


@pytest.fixture(params=["llvm", "numpy"])
def backend(request):
    rb.start_scope()
    rb.set_backend(request.param)
    rb.defaultclock.dt = 0.1 * rb.ms
    yield request.param
    rb.set_backend("llvm")


@pytest.mark.parametrize("name", SCENARIOS)
def test_groups_do_what_was_recorded_of_brian(name, backend):
    """Whole numbers (who spikes in which step) exactly; floats as far as they were written down."""
    met, expected = plain(SCENARIOS[name](rb)), RECORDED["scenarios"][name]
    assert met.keys() == expected.keys()
    for key, values in expected.items():
        a, b = np.array(met[key]), np.array(values)
        assert a.shape == b.shape, key
        if b.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=3e-8, atol=1e-10, err_msg=key)
        else:
            np.testing.assert_array_equal(a, b, err_msg=key)


def test_nothing_was_recorded_that_is_no_longer_compared():
    assert RECORDED["scenarios"].keys() == SCENARIOS.keys()
