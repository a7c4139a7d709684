"""The printed form says everything that code depends on, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from rheobase.ir.domains import Elementwise, Events, Generate, Index, Propagate, Sample
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import Array, At, Kernel, Linked
from rheobase.ir.ops import Op
from rheobase.ir.printer import print_kernel, print_op, print_program
from rheobase.ir.program import Call, Program
from rheobase.ir.slots import Slot
from tests.backends.build import Code, clock, copied, event_log, index_list, part, slot, stream
from tests.ir.strategies import kernels


def propagation() -> Kernel:
    """A delayed on_pre with a shared weight and a linked presynaptic factor."""
    code = Code()
    weight = code.load(0)
    factor = code.load(3)
    code.accumulate(1, code("mul", weight, factor))
    domain = Propagate(
        Events(index_list([1]), event_log(8, 4, 2), slot(I64, 2), slot(I64, 0)),
        part(0, 3),
        Index.PRE,
        slot(I64, [0, 1, 1, 2]),
        slot(I32, [0, 1]),
    )
    arrays = (
        Array(slot(F64, 0.5, "w"), Index.SHARED),
        Array(slot(F64, [0.0, 0.0], "g"), Index.POST),
        Array(slot(I32, [0, 1, 0], "which"), Index.PRE),
        Array(slot(F64, [1.0, 2.0], "factor"), Linked(2)),
    )
    ops = tuple(code.ops)
    return Kernel("on_pre", domain, arrays, ops[:1], ops[1:2], ops[2:])


def test_golden_form_of_a_propagation():
    assert print_kernel(propagation()) == (
        "kernel(s0 i32, s1 i64, s2 i32, s3 i64, s4 i64, s5 i64, s6 i64, s7 i64, s8 i64, s9 i64, "
        "s10 i32, s11 f64, s12 f64, s13 i32, s14 f64)\n"
        "  domain Propagate(events=Events(current=IndexList(indices=s0, count=s1), "
        "log=EventLog(entries=s2, starts=s3, reach=s4), delay=s5, step=s6, window=None), "
        "part=Part(first=s7, size=s8), side=pre, rows=s9, others=s10, synapses=None, "
        "delays=None, ascending=True)\n"
        "  array a0 = s11[shared]\n"
        "  array a1 = s12[post]\n"
        "  array a2 = s13[pre]\n"
        "  array a3 = s14[a2[]]\n"
        "  once\n"
        "    %0 = load f64 a0\n"
        "  outer\n"
        "    %1 = load f64 a3\n"
        "  body\n"
        "    %2 = mul f64 %0, %1\n"
        "    accumulate a1, %2"
    )


def test_names_and_the_mark_are_for_people_only():
    text = print_kernel(propagation(), names=True, mark=3)
    assert text.startswith("kernel 'on_pre'(s0 i32 'indices', s1 i64 'count', ")
    assert text.endswith("accumulate a1, %2    <-- here")


def test_golden_form_of_a_generator_with_random_candidates():
    code = Code()
    low, high, step, p = code.const(0), code.const(9), code.const(1), code.const(0.25)
    k, yes, u = code.index("k"), code.const(True), code("uniform", dtype=F64, attr=0)
    condition = code("lt", u, p)
    ops = tuple(code.ops)
    kernel = Kernel(
        "connect",
        Generate(
            Index.PRE,
            part(0, 9),
            part(0, 9),
            Sample(low, high, step, p),
            Slot("counts", I64, 9),
            Slot("targets", I32),
            Slot("cursor", I64, 2),
        ),
        (Array(Slot("table", F64, 4), At(3)),),
        once=ops[:4],
        body=ops[4:],
        results=(k, condition, low),
        stream=stream(),
    )
    assert yes == 5
    assert print_kernel(kernel) == (
        "kernel(s0 i64, s1 i64, s2 i64, s3 i64, s4 i64, s5 i32, s6 i64, s7 f64, s8 i64, s9 i64)\n"
        "  domain Generate(side=pre, outer=Part(first=s0, size=s1), "
        "inner=Part(first=s2, size=s3), candidates=Sample(low=%0, high=%1, step=%2, p=%3), "
        "counts=s4, targets=s5, cursor=s6, skip_invalid=False)\n"
        "  array a0 = s7[3]\n"
        "  random Stream(state=s8, step=s9)\n"
        "  once\n"
        "    %0 = const i64 0\n"
        "    %1 = const i64 9\n"
        "    %2 = const i64 1\n"
        "    %3 = const f64 0.25\n"
        "  body\n"
        "    %4 = index i64 k\n"
        "    %5 = const bool True\n"
        "    %6 = uniform f64 0\n"
        "    %7 = lt bool %6, %3\n"
        "  results %4, %7, %0"
    )


def test_ops_show_every_attribute():
    """Constants that differ in type or in the sign of zero have different text."""
    texts = {print_op(0, Op("const", (), F64, x)) for x in (0.0, -0.0, 1.0, 1, True)}
    assert len(texts) == 5
    assert print_op(4, Op("ipow", (1,), F64, 3)) == "%4 = ipow f64 %1, 3"
    assert print_op(4, Op("load_at", (1,), F64, 2)) == "%4 = load_at f64 a2, %1"
    assert print_op(4, Op("length", (), I64, 2)) == "%4 = length i64 a2"


@given(kernels())
def test_equal_structure_has_equal_text(kernel):
    """Other memory, other sizes, other names: the same text."""
    other = replace(copied(kernel), name="other")
    for s in other.slots():
        s.name = "renamed"
        s.resize(len(s) + 3)
    assert print_kernel(other) == print_kernel(kernel)


@given(kernels(), kernels())
def test_different_structure_has_different_text(a, b):
    """Two kernels with one text have the same code, arrays and results."""
    if print_kernel(a) == print_kernel(b):
        assert (a.once, a.outer, a.body, a.results) == (b.once, b.outer, b.body, b.results)
        assert [x.index for x in a.arrays] == [x.index for x in b.arrays]
        assert [s.dtype for s in a.slots()] == [s.dtype for s in b.slots()]


def test_shared_memory_is_visible():
    """Two arrays on one slot do not print as two arrays on two slots."""
    v, w = slot(F64, [0.0]), slot(F64, [0.0])
    domain = Elementwise(part(0, 1))
    one = Kernel("k", domain, (Array(v, Index.OWN), Array(v, Index.SHARED)))
    two = Kernel("k", domain, (Array(v, Index.OWN), Array(w, Index.SHARED)))
    assert print_kernel(one) != print_kernel(two)


def test_a_program_prints_each_structure_once():
    """Two calls of equal structure share the text and differ in their arguments."""
    time = clock(10)
    kernel = Kernel("k", Elementwise(part(0, 1)))
    program = Program((Call(kernel, 0), Call(copied(kernel), 0)), (time,))
    assert print_program(program) == (
        "program(p0 i64, p1 f64, p2 f64, p3 i64, p4 i64, p5 i64, p6 i64, p7 i64)\n"
        "clock c0 = step p0, t p1, dt p2, end p3\n"
        "k0 = kernel(s0 i64, s1 i64)\n"
        "  domain Elementwise(part=Part(first=s0, size=s1))\n"
        "call k0(p4, p5) on c0\n"
        "call k0(p6, p7) on c0"
    )
