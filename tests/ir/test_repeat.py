"""The loop of the intermediate representation: what it means, what it may be, what passes do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rheobase.ir.domains import Elementwise, Index, Select
from rheobase.ir.dtypes import BOOL, F64, I64
from rheobase.ir.kernels import Array, Kernel, Repeat
from rheobase.ir.ops import Op
from rheobase.ir.passes import optimize
from rheobase.ir.passes.fuse import fuse
from rheobase.ir.printer import print_kernel
from rheobase.ir.slots import Slot
from rheobase.ir.verify import InvalidKernelError, verify
from tests.backends import BACKENDS
from tests.backends.build import Code, contents, copied, index_list, part, run, slot

N = 29  # no multiple of any number of lanes


def collatz(limit: int = 1000) -> Kernel:
    """steps = how often x -> x/2 or 3x + 1 until x is 1; x ends as the last number met."""
    code = Code()
    x, zero, most = code.load(0, I64), code.const(0), code.const(limit)
    first = len(code.ops)
    value, count = code("carry", x), code("carry", zero)
    even = code("eq", code("mod", value, code.const(2)), zero)
    half = code("floordiv", value, code.const(2))
    up = code("add", code("mul", value, code.const(3)), code.const(1))
    stepped = code("select", even, half, up)
    done = code("le", value, code.const(1))
    new = code("select", done, value, stepped)
    more = code("select", done, count, code("add", count, code.const(1)))
    again = code("gt", new, code.const(1))
    last = len(code.ops)
    code.store(0, value)
    code.store(1, count)
    ops = tuple(code.ops)
    arrays = (
        Array(slot(I64, np.arange(1, N + 1), "x"), Index.OWN),
        Array(Slot("steps", I64, N), Index.OWN),
    )
    loop = Repeat(ops[first:last], (new, more), again, most, ops[last:])
    return Kernel("collatz", Elementwise(part(0, N)), arrays, body=ops[:first], repeat=loop)


def steps_of(x: int, limit: int = 1000) -> tuple[int, int]:
    """(last number, steps), in plain Python."""
    n = 0
    while x > 1 and n < limit:
        x, n = x // 2 if x % 2 == 0 else 3 * x + 1, n + 1
    return x, n


@pytest.mark.parametrize("change", [lambda kernel: kernel, optimize])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("limit", [1000, 10, 1, 0])
def test_each_element_goes_round_until_it_has_enough(backend, change, limit):
    """Lanes of one vector leave at different times; nobody goes round more often than allowed."""
    kernel = change(collatz(limit))
    verify(kernel)
    run(kernel, BACKENDS[backend]())
    x, count = (a.slot.data for a in kernel.arrays)
    wanted = [steps_of(k, max(limit, 1)) for k in range(1, N + 1)]
    assert list(zip(x.tolist(), count.tolist())) == wanted


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_threshold_joins_a_loop_and_sees_what_came_out_of_it(backend):
    """Fused or one after the other, memory is the same."""
    code = Code()
    many = code("gt", code.load(0, I64), code.const(15))
    loop = collatz()
    chosen = index_list([], N)
    arrays = (loop.arrays[1],)
    find = Kernel(
        "threshold",
        Select(loop.domain.part, chosen),
        arrays,
        body=tuple(code.ops),
        results=(many,),
    )
    fused = fuse(loop, find)
    assert fused is not None
    verify(fused)
    assert not any(op.name == "load" for op in fused.repeat.after)
    run(fused, BACKENDS[backend]())
    wanted = [k for k in range(N) if steps_of(k + 1)[1] > 15]
    assert chosen.indices.data[: chosen.count.data[0]].tolist() == wanted


@pytest.mark.parametrize("backend", BACKENDS)
def test_code_before_a_loop_joins_it(backend):
    code = Code()
    code.store(0, code("add", code.load(0, I64), code.const(1)))
    loop = collatz()
    arrays = (loop.arrays[0],)
    before = Kernel("next", loop.domain, arrays, body=tuple(code.ops))
    fused = fuse(before, loop)
    assert fused is not None
    run(fused, BACKENDS[backend]())
    count = next(s for s in fused.slots() if s.name == "steps").data
    assert count.tolist() == [steps_of(k + 2)[1] for k in range(N)]


def test_two_loops_do_not_join():
    first = collatz()
    assert fuse(first, replace(copied(first), domain=first.domain)) is None


def test_what_does_not_change_leaves_the_loop():
    """Constants are made once; what no carry reaches is computed before the loop."""
    code = Code()
    x, limit = code.load(0), code.const(5)
    carry = code("carry", x)
    root = code("sqrt", code.load(0))
    new = code("add", carry, root)
    again = code("lt", new, code.const(100.0))
    code.store(0, carry)
    ops = tuple(code.ops)
    arrays = (Array(slot(F64, [1.0, 2.0, 60.0], "x"), Index.OWN),)
    loop = Repeat(ops[2:8], (new,), again, limit, ops[8:])
    kernel = Kernel("k", Elementwise(part(0, 3)), arrays, body=ops[:2], repeat=loop)
    verify(kernel)
    changed = optimize(kernel)
    assert [op.name for op in changed.body] == ["load", "sqrt"]
    assert [op.name for op in changed.repeat.code] == ["carry", "add", "lt"]
    before, after = copied(kernel), copied(changed)
    run(before, BACKENDS["numpy one by one"]())
    run(after, BACKENDS["llvm"]())
    np.testing.assert_array_equal(contents(before)[-1], contents(after)[-1])


def test_a_loop_is_printed_as_it_runs():
    lines = print_kernel(collatz()).split("\n")
    assert "  repeat while %22, at most %2 times, with %17, %20" in lines
    assert lines[lines.index("  after") + 1].strip() == "store a0, %3"
    assert print_kernel(collatz()) == print_kernel(collatz())


def broken(change) -> Kernel:
    kernel = collatz()
    return replace(kernel, repeat=change(kernel.repeat))


@pytest.mark.parametrize(
    "kernel, message",
    [
        (broken(lambda r: replace(r, after=(Op("store", (8,), None, 0),))), "%8 is not known outs"),
        (broken(lambda r: replace(r, next=(17,))), "begins with its carries"),
        (broken(lambda r: replace(r, next=(17, 22))), "the loop needs %22 as i64"),
        (broken(lambda r: replace(r, again=17)), "the loop needs %17 as bool"),
        (broken(lambda r: replace(r, limit=18)), "the loop needs %18 as i64"),
        (
            broken(lambda r: replace(r, code=(*r.code, Op("store", (3,), None, 0)))),
            "a loop has no effects",
        ),
        (
            broken(lambda r: replace(r, code=(Op("carry", (8,), I64), *r.code[1:]))),
            "%8 is not an earlier value",
        ),
        (
            Kernel("k", Elementwise(part(0, 1)), body=(Op("const", (), BOOL, True),
                   Op("carry", (0,), BOOL))),
            "stand nowhere else",
        ),
    ],
)  # fmt: skip
def test_a_loop_keeps_its_rules(kernel, message):
    with pytest.raises(InvalidKernelError, match=message):
        verify(kernel)
