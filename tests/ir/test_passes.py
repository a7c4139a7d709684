"""Passes keep what kernels mean, and put operations where they belong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.domains import Elementwise, Events, Generate, Index, Propagate, Reduce, Sample
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, DType
from rheobase.ir.kernels import Array, At, Kernel, Linked
from rheobase.ir.ops import Op
from rheobase.ir.passes import hoist, optimize, simplify
from rheobase.ir.printer import print_kernel
from rheobase.ir.slots import Slot
from rheobase.ir.verify import verify
from tests.backends.build import Code, contents, copied, index_list, part, run, slot, stream
from tests.ir.strategies import DOMAINS, kernels

X, Y, FLAG, WHOLE, SMALL, SHARED = range(6)
ARRAYS = (
    Array(Slot("x", F64, 4), Index.OWN),
    Array(Slot("y", F64, 4), Index.OWN),
    Array(Slot("flag", BOOL, 4), Index.OWN),
    Array(Slot("whole", I64, 4), Index.OWN),
    Array(Slot("small", I32, 4), Index.OWN),
    Array(Slot("shared", F64, 1), Index.SHARED),
)


def code_of(kernel: Kernel) -> list[str]:
    """The printed code, without the heading."""
    lines = print_kernel(kernel).split("\n")
    first = next(n for n, line in enumerate(lines) if line.strip() in ("once", "outer", "body"))
    return [line.strip() for line in lines[first:]]


def elementwise(code: Code, arrays: tuple[Array, ...] = ARRAYS, **parts) -> Kernel:
    kernel = Kernel("k", Elementwise(part(0, 4)), arrays, body=tuple(code.ops), **parts)
    verify(kernel)
    return kernel


def simplified(write, dtype: DType = F64) -> list[str]:
    """The simplified body that stores the value which `write` makes."""
    code = Code()
    value = write(code)
    out = slot(dtype, [0, 0])
    code.store(len(ARRAYS), value)
    kernel = simplify(elementwise(code, (*ARRAYS, Array(out, Index.OWN))))
    verify(kernel)
    return [op.name for op in kernel.body]


@pytest.mark.parametrize("change", [hoist, optimize])
@pytest.mark.parametrize("domain", DOMAINS)
def test_a_pass_keeps_the_meaning_bit_for_bit(domain, change):
    """Memory and status after a run are equal before and after the pass."""

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


@given(kernels())
def test_optimize_finds_nothing_more_to_do_the_second_time(kernel):
    once = optimize(kernel)
    assert len(optimize(once).ops) <= len(once.ops) <= len(kernel.ops)


IDENTITIES = {
    "x * 1": lambda c: c("mul", c.load(X), c.const(1.0)),
    "1 * x": lambda c: c("mul", c.const(1.0), c.load(X)),
    "x - 0": lambda c: c("sub", c.load(X), c.const(0.0)),
    "x + -0.0": lambda c: c("add", c.load(X), c.const(-0.0)),
    "x / 1": lambda c: c("div", c.load(X), c.const(1.0)),
    "--x": lambda c: c("neg", c("neg", c.load(X))),
    "x ** 1": lambda c: c("ipow", c.load(X), attr=1),
    "min(x, x)": lambda c: c("min", c.load(X), c.load(X)),
    "x if c else x": lambda c: c("select", c.load(FLAG, BOOL), c.load(X), c.load(X)),
    "x if True else y": lambda c: c("select", c.const(True), c.load(X), c.load(Y)),
    "x if not False and 1 < 2 else y": lambda c: c(
        "select",
        c("and", c("not", c.const(False)), c("lt", c.const(1), c.const(2))),
        c.load(X),
        c.load(Y),
    ),
    "f64 to f64": lambda c: c.cast(c.load(X), F64),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_leaves_the_variable_alone(name):
    """Only the load and the store remain."""
    assert simplified(IDENTITIES[name]) == ["load", "store"]


KEPT = {
    "x + 0.0 turns -0.0 into 0.0": lambda c: c("add", c.load(X), c.const(0.0)),
    "x - -0.0 turns -0.0 into 0.0": lambda c: c("sub", c.load(X), c.const(-0.0)),
    "x * 0 may be nan": lambda c: c("mul", c.load(X), c.const(0.0)),
    "x / shared rounds once": lambda c: c("div", c.load(X), c.load(SHARED)),
    "exp(1) is the backend's": lambda c: c("exp", c.const(1.0)),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_not_exact_stays(name):
    code = Code()
    KEPT[name](code)
    assert simplified(KEPT[name])[:-1] == [op.name for op in code.ops]


def test_casts_become_one_where_the_middle_is_exact():
    """i32 -> i64 -> f64 is i32 -> f64; f64 -> i64 -> f64 truncates and stays."""

    def n_casts(array: int, origin: DType, *through: DType) -> int:
        def write(c: Code) -> int:
            value = c.load(array, origin)
            for dtype in through:
                value = c.cast(value, dtype)
            return value

        return simplified(write, through[-1]).count("cast")

    assert n_casts(SMALL, I32, I64, F64) == 1
    assert n_casts(SMALL, I32, I64, I32) == 0
    assert n_casts(FLAG, BOOL, I64, F64) == 1
    assert n_casts(X, F64, I64, F64) == 2
    assert n_casts(WHOLE, I64, F32, F64) == 2


def test_a_flag_as_a_number_compared_with_zero_is_the_flag():
    def write(c):
        return c("ne", c.cast(c.load(FLAG, BOOL), I64), c.const(0))

    assert simplified(write, BOOL) == ["load", "store"]


def test_equal_operations_are_done_once():
    """x*y + y*x is one product."""

    def write(c):
        a = c("mul", c.load(X), c.load(Y))
        return c("add", a, c("mul", c.load(Y), c.load(X)))

    assert simplified(write) == ["load", "load", "mul", "add", "store"]


def test_a_stored_value_is_not_loaded_and_an_overwritten_one_not_stored():
    """x = y; x = -x becomes x = -y."""
    code = Code()
    code.store(X, code.load(Y))
    code.store(X, code("neg", code.load(X)))
    kernel = simplify(elementwise(code))
    assert code_of(kernel) == ["body", "%0 = load f64 a1", "%1 = neg f64 %0", "store a0, %1"]


def test_a_store_that_another_array_may_look_at_stays():
    """A linked load from the same slot lies between two stores."""
    x, link = ARRAYS[X].slot, slot(I32, [1, 0, 3, 2])
    arrays = (Array(x, Index.OWN), Array(link, Index.OWN), Array(x, Linked(1)))
    code = Code()
    code.store(0, code.const(1.0))
    code.store(0, code.load(2))
    kernel = simplify(elementwise(code, arrays))
    assert [op.name for op in kernel.body] == ["const", "store", "load", "store"]


@pytest.mark.parametrize("effect", ["store", "accumulate"])
def test_a_load_is_made_again_after_a_write_through_another_array(effect):
    """x[link] may be the element that x[own] has just changed."""
    x, link = ARRAYS[X].slot, slot(I32, [0, 1, 2, 3])
    arrays = (Array(x, Index.OWN), Array(link, Index.OWN), Array(x, Linked(1)), ARRAYS[Y])
    code = Code()
    before = code.load(2)
    code(effect, code.const(1.0), attr=0)
    code.store(3, code("sub", code.load(2), before))
    kernel = simplify(elementwise(code, arrays))
    assert [op.name for op in kernel.body] == ["load", "const", effect, "load", "sub", "store"]


def test_a_store_before_a_loop_stays_though_the_loop_stores_too():
    """Rows without synapses keep what `outer` stored."""
    x = slot(F64, [9.0, 9.0])
    rows, others = slot(I64, [0, 0, 1]), slot(I32, [0])
    code = Code()
    code.store(0, code.const(1.0))
    code.store(0, code.const(2.0))
    ops = tuple(code.ops)
    domain = Reduce(part(0, 2), Index.POST, rows, others)
    kernel = Kernel("k", domain, (Array(x, Index.POST),), outer=ops[:2], body=ops[2:])
    verify(kernel)
    run(optimize(kernel), ReferenceBackend())
    assert x.data.tolist() == [1.0, 2.0]


def test_random_numbers_are_never_merged():
    code = Code()
    a, b = (code("uniform", dtype=F64, attr=n) for n in (0, 1))
    code.store(X, code("sub", a, b))
    kernel = optimize(elementwise(code, stream=stream()))
    assert [op.name for op in kernel.body] == ["uniform", "uniform", "sub", "store"]


def test_without_draws_the_stream_goes():
    """A random number that nobody takes is not drawn."""
    code = Code()
    code("uniform", dtype=F64, attr=0)
    kernel = optimize(elementwise(code, stream=stream()))
    assert kernel.ops == ()
    assert kernel.stream is None
    assert kernel.arrays == ()


def test_what_depends_on_shared_values_only_ends_in_once():
    """x *= exp(-dt/tau): the factor is computed once; x / tau stays a division."""
    tau, dt = slot(F64, 0.02), slot(F64, 1e-4)
    arrays = (ARRAYS[X], Array(tau, Index.SHARED), Array(dt, At(0)))
    code = Code()
    x = code.load(0)
    factor = code("exp", code("neg", code("div", code.load(2), code.load(1))))
    code.store(0, code("add", code("mul", x, factor), code("div", x, code.load(1))))
    assert code_of(optimize(elementwise(code, arrays))) == [
        "once",
        "%0 = load f64 a2",
        "%1 = load f64 a1",
        "%2 = div f64 %0, %1",
        "%3 = neg f64 %2",
        "%4 = exp f64 %3",
        "body",
        "%5 = load f64 a0",
        "%6 = mul f64 %5, %4",
        "%7 = div f64 %5, %1",
        "%8 = add f64 %6, %7",
        "store a0, %8",
    ]


def propagation(written: Index) -> Kernel:
    """v[written] += u_pre * w, then whatever v_pre is."""
    v, u, w = slot(F64, [0, 0]), slot(F64, [1, 2]), slot(F64, [3])
    domain = Propagate(
        Events(index_list([0])), part(0, 2), Index.PRE, slot(I64, [0, 1, 1]), slot(I32, [1])
    )
    arrays = (Array(v, written), Array(u, Index.PRE), Array(w, Index.OWN), Array(v, Index.PRE))
    code = Code()
    code.accumulate(0, code("mul", code.load(1), code.load(2)))
    code.store(2, code("mul", code.load(3), code.load(1)))
    return Kernel("k", domain, arrays, body=tuple(code.ops))


def test_loads_of_the_event_side_end_in_outer_unless_the_kernel_writes_them():
    """u_pre is loaded once a row; v_pre, of the slot that v_post writes, at each synapse."""
    kernel = optimize(propagation(Index.POST))
    verify(kernel)
    assert code_of(kernel) == [
        "outer",
        "%0 = load f64 a1",
        "body",
        "%1 = load f64 a2",
        "%2 = mul f64 %0, %1",
        "accumulate a0, %2",
        "%4 = load f64 a3",
        "%5 = mul f64 %4, %0",
        "store a2, %5",
    ]


def test_the_bounds_of_a_generator_keep_their_values():
    """low, high, step and p follow their values when unused ones go."""
    code = Code()
    code.const(5)
    numbers = [code.const(x) for x in (2, 9, 3, 0.5)]
    ops = tuple(code.ops)
    k = len(ops)
    slots = Slot("counts", I64, 3), Slot("targets", I32), Slot("cursor", I64, 2)
    kernel = Kernel(
        "k",
        Generate(Index.PRE, part(0, 3), part(0, 9), Sample(*numbers), *slots),
        once=ops,
        body=(Op("index", (), I64, "k"), Op("const", (), BOOL, True), Op("const", (), I64, 1)),
        results=(k, k + 1, k + 2),
        stream=stream(),
    )
    verify(kernel)
    after = optimize(kernel)
    verify(after)
    c = after.domain.candidates
    assert [after.ops[n].attr for n in (c.low, c.high, c.step, c.p)] == [2, 9, 3, 0.5]
    assert after.stream is not None


def test_equal_arrays_are_merged_and_unused_ones_dropped():
    x = ARRAYS[X].slot
    arrays = (ARRAYS[Y], Array(x, Index.OWN), Array(x, Index.OWN))
    code = Code()
    code.store(1, code("add", code.load(1), code.load(2)))
    kernel = simplify(elementwise(code, arrays))
    assert kernel.arrays == (Array(x, Index.OWN),)
    assert [op.name for op in kernel.body] == ["load", "add", "store"]
