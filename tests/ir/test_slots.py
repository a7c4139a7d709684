"""Memory of slots."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from rheobase.ir.dtypes import F64, I32, DType
from rheobase.ir.slots import PADDING, Buffer


@pytest.mark.parametrize("dtype", [I32, F64])
@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize(("reserved", "used"), [(10, 10), (10, 0), (1000, 3), (10**6, 10**5 + 1)])
def test_a_buffer_keeps_its_elements_its_alignment_and_its_padding(
    dtype: DType, held: bool, reserved: int, used: int
) -> None:
    """Whether it becomes shorter or longer, and whether someone else sees it or not."""
    buffer = Buffer("s", dtype, reserved)
    buffer.data[:] = np.arange(reserved) % 1000 + 1
    seen = buffer.data if held else None
    for size in (used, used + PADDING, 3 * reserved):
        generation = buffer.generation
        n_kept = min(used, size)
        buffer.resize(size)
        np.testing.assert_array_equal(buffer.data[:n_kept], np.arange(n_kept) % 1000 + 1)
        assert not buffer.data[n_kept:].any()
        assert buffer.address % PADDING == 0
        assert buffer.generation > generation or size == reserved
    assert seen is None or len(seen) == reserved


def test_what_a_buffer_reserves_and_does_not_use_takes_no_memory() -> None:
    resident = Path("/proc/self/statm")
    if not resident.exists():
        pytest.skip("needs /proc")

    def bytes_now() -> int:
        return int(resident.read_text().split()[1]) * mmap.PAGESIZE

    before = bytes_now()
    buffer = Buffer("s", F64, 10**8)
    buffer.data[:1000] = 1.0
    buffer.resize(2 * 10**8)
    assert bytes_now() - before < 10**7
    assert buffer.data[:1000].sum() == 1000
