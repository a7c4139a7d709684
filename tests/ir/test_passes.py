"""Passes keep what kernels mean, and put operations where they belong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.passes import hoist, optimize, simplify
from rheobase.ir.verify import verify
from tests.backends.build import (
    contents,
    copied,
    run,
)
from tests.ir.strategies import DOMAINS, kernels


@pytest.mark.parametrize("change", [simplify, hoist, optimize])
@pytest.mark.parametrize("domain", DOMAINS)
def test_a_pass_keeps_the_meaning_bit_for_bit(domain, change):
    """Memory and status after a run are equal before and after the pass."""

    @settings(max_examples=40, deadline=None)
    @given(kernels(domain))
    def check(kernel):
        verify(kernel)
        before, after = copied(kernel), copied(kernel)
        changed = change(after)
        verify(changed)
        backend = ReferenceBackend(one_by_one=True)
        assert run(before, backend) == run(changed, backend)
        for wanted, met in zip(contents(before), contents(after)):
            np.testing.assert_array_equal(wanted, met)

    check()


@settings(max_examples=100, deadline=None)
@given(kernels())
def test_optimize_finds_nothing_more_to_do_the_second_time(kernel):
    once = optimize(kernel)
    assert len(optimize(once).ops) <= len(once.ops) <= len(kernel.ops)
