"""A spatial neuron does what it does under Brian 2: the one of spatial_model.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.reference.spatial_model import potentials

import rheobase as rb

RECORDED = json.loads(Path(__file__).with_name("brian_spatial.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("backend", "duration"), [("llvm", 10), ("numpy", 2)])
def test_a_branched_neuron_does_what_was_recorded_of_brian(backend, duration):
    """Potentials of each fourth compartment, each tenth step, while a spike goes down the axon."""
    rb.start_scope()
    rb.set_backend(backend)
    try:
        met = potentials(rb, duration)[::4, ::10]
    finally:
        rb.set_backend("llvm")
        rb.defaultclock.dt = 0.1 * rb.ms
    expected = np.array(RECORDED["v"])[:, : met.shape[1]]
    np.testing.assert_allclose(met, expected, rtol=0, atol=1e-8)
    assert duration < 10 or np.ptp(expected) > 0.1
