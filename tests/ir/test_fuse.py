"""Fusing two kernels changes how often memory is read, and nothing else."""

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.domains import Elementwise, Index, Select
from rheobase.ir.dtypes import BOOL, F64, I32
from rheobase.ir.kernels import Array, Kernel, Linked
from rheobase.ir.ops import Op
from rheobase.ir.passes.fuse import fuse, fuse_calls
from rheobase.ir.program import Call
from rheobase.ir.verify import verify
from rheobase.runtime.engine import run_once
from tests.backends.build import index_list, part, slot


def kernels(writes="v", reads="v", index=Index.OWN, shared=False):
    """A kernel that doubles a slot, and one that selects where a slot exceeds 1."""
    slots = {
        "v": slot(F64, [0.2, 0.6, 0.9, 0.1, 3.0]),
        "u": slot(F64, [2.0, 0.0, 2.0, 0.0, 2.0]),
    }
    whole, out = part(0, 5), index_list([], 5)
    arrays = (Array(slots[writes], Index.SHARED if shared else Index.OWN),)
    double = Kernel(
        "double",
        Elementwise(whole),
        arrays,
        body=(Op("load", (), F64, 0), Op("add", (0, 0), F64), Op("store", (1,), None, 0)),
    )
    code = (Op("load", (), F64, 0), Op("const", (), F64, 1.0), Op("gt", (0, 1), BOOL))
    find = Kernel(
        "find", Select(whole, out), (Array(slots[reads], index),), body=code, results=(2,)
    )
    return double, find, slots, out


@pytest.fixture(params=[ReferenceBackend, LlvmBackend])
def run_all(request):
    backend = request.param()

    def run(calls):
        for kernel in calls:
            run_once(kernel, backend)

    return run


@pytest.mark.parametrize(("writes", "reads"), [("v", "v"), ("v", "u")])
def test_state_update_and_threshold_become_one_kernel_with_the_same_results(run_all, writes, reads):
    double, find, slots, out = kernels(writes, reads)
    run_all([double, find])
    expected = [list(x.data) for x in (*slots.values(), out.indices, out.count)]
    double, find, slots, out = kernels(writes, reads)
    fused = fuse(double, find)
    assert fused is not None
    verify(fused)
    run_all([fused])
    assert [list(x.data) for x in (*slots.values(), out.indices, out.count)] == expected


def test_a_stored_value_is_passed_on_without_a_load():
    double, find, _, _ = kernels()
    fused = fuse(double, find)
    assert fused is not None
    assert [op.name for op in fused.ops].count("load") == 1


def test_kernels_are_not_fused_where_elements_could_see_each_other():
    double, find, _, _ = kernels(shared=True)
    assert fuse(double, find) is None
    double, find, slots, _ = kernels(index=Index.SHARED)
    assert fuse(double, find) is None
    link = slot(I32, [0] * 5)
    linked = Kernel(
        "find",
        find.domain,
        (Array(link, Index.OWN), Array(slots["v"], Linked(0))),
        body=(Op("load", (), F64, 1), *find.body[1:]),
        results=find.results,
    )
    assert fuse(double, linked) is None


def test_a_kernel_moves_over_those_that_touch_nothing_of_its_own():
    double, find, _, _ = kernels()
    other, other_find, _, _ = kernels()
    fused = fuse_calls([Call(k, 0) for k in (double, other, find, other_find)])
    assert [c.kernel.name for c in fused] == ["double + find"] * 2


def test_a_kernel_does_not_move_over_one_that_writes_what_it_reads():
    double, find, slots, _ = kernels()
    reset = Kernel(
        "other domain", Elementwise(part(0, 3)), (Array(slots["v"], Index.OWN),),
        body=(Op("const", (), F64, 0.0), Op("store", (0,), None, 0)),
    )  # fmt: skip
    calls = [Call(k, 0) for k in (double, reset, find)]
    assert fuse_calls(calls) == tuple(calls)


def test_kernels_of_different_clocks_stay_apart():
    double, find, _, _ = kernels()
    assert len(fuse_calls([Call(double, 0), Call(find, 1)])) == 2


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_pairs_give_the_same_memory_fused_or_not(run_all, data):
    """Two random elementwise kernels over one group, sharing slots at random."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    slots = [slot(F64, rng.random(9)) for k in range(3)]
    whole = part(0, 9)

    def random_kernel(name):
        arrays = tuple(Array(s, Index.OWN) for s in slots)
        body: list[Op] = []
        values: list[int] = []
        for _ in range(rng.integers(2, 9)):
            kind = rng.integers(3)
            if kind == 0 or not values:
                body.append(Op("load", (), F64, int(rng.integers(3))))
                values.append(len(body) - 1)
            elif kind == 1:
                a, b = rng.choice(values, 2)
                body.append(Op(str(rng.choice(["add", "mul", "sub"])), (int(a), int(b)), F64))
                values.append(len(body) - 1)
            else:
                body.append(Op("store", (int(rng.choice(values)),), None, int(rng.integers(3))))
        return Kernel(name, Elementwise(whole), arrays, body=tuple(body))

    first, second = random_kernel("first"), random_kernel("second")
    before = [copy.copy(s.data) for s in slots]
    run_all([first, second])
    expected = [copy.copy(s.data) for s in slots]
    for s, values in zip(slots, before):
        s.data[:] = values
    fused = fuse(first, second)
    assert fused is not None
    verify(fused)
    run_all([fused])
    for s, values in zip(slots, expected):
        np.testing.assert_array_equal(s.data, values)
