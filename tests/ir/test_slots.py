"""Memory of slots."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.ir.dtypes import F64, I32, DType
from rheobase.ir.slots import PADDING, Slot


@pytest.mark.parametrize("dtype", [I32, F64])
@pytest.mark.parametrize(("reserved", "used"), [(10, 10), (10, 0), (1000, 3), (10**6, 10**5 + 1)])
def test_a_trimmed_slot_keeps_its_elements_its_alignment_and_its_padding(
    dtype: DType, reserved: int, used: int
) -> None:
    slot = Slot("s", dtype, reserved)
    slot.data[:] = np.arange(reserved) % 1000 + 1
    generation = slot.generation
    slot.trim(used)
    np.testing.assert_array_equal(slot.data, np.arange(used) % 1000 + 1)
    assert slot.address % PADDING == 0
    assert slot.generation > generation
    slot.resize(used + PADDING)
    assert not slot.data[used:].any()
