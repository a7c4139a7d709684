"""The verifier accepts every valid kernel and names the operation that breaks a rule."""

from __future__ import annotations

import pytest
from hypothesis import given

from rheobase.ir.domains import (
    Elementwise,
    Events,
    Generate,
    Index,
    Part,
    Propagate,
    Python,
    Range,
    Record,
    Select,
)
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64
from rheobase.ir.kernels import Array, At, Kernel, Linked
from rheobase.ir.ops import Op
from rheobase.ir.program import Call, Program
from rheobase.ir.slots import Slot
from rheobase.ir.verify import InvalidKernelError, verify, verify_program
from tests.backends.build import clock, index_list, part, slot, stream
from tests.ir.strategies import kernels

FIRST, SIZE = slot(I64, 0), slot(I64, 3)
PART = Part(FIRST, SIZE)
V, FLAG, NUMBER, LINK = (Slot(n, d, 3) for n, d in zip("vfnl", (F64, BOOL, I32, I32)))
OWN = (Array(V, Index.OWN), Array(FLAG, Index.OWN), Array(NUMBER, Index.OWN))
OUT = index_list([], 3)

LOAD = Op("load", (), F64, 0)
FLAGGED = Op("load", (), BOOL, 1)
ONE = Op("const", (), F64, 1.0)


def elementwise(*body: Op, arrays=OWN, **parts) -> Kernel:
    return Kernel("k", Elementwise(PART), arrays, body=body, **parts)


def propagate(**parts) -> Kernel:
    domain = Propagate(Events(OUT), PART, Index.PRE, Slot("rows", I64, 4), Slot("others", I32, 5))
    arrays = (Array(V, Index.PRE), Array(V, Index.POST), Array(V, Index.OWN))
    return Kernel("k", domain, arrays, **parts)


def generate(results=(2, 1, 0), **parts) -> Kernel:
    slots = Slot("counts", I64, 3), Slot("targets", I32), Slot("cursor", I64, 2)
    code = (Op("const", (), I64, 1), Op("const", (), BOOL, True))
    domain = Generate(Index.PRE, PART, PART, Range(0, 0, parts.pop("step", 0)), *slots)
    body = (Op("index", (), I64, "k"), *parts.pop("body", ()))
    return Kernel("k", domain, (Array(V, Index.PRE),), code, body=body, results=results, **parts)


BROKEN = {
    "'frobnicate' is not an operation": elementwise(Op("frobnicate", (), F64)),
    "add takes 2 operands, not 1": elementwise(LOAD, Op("add", (0,), F64)),
    "%1 is not an earlier value": elementwise(LOAD, Op("neg", (1,), F64)),
    "%-1 is not an earlier value": elementwise(LOAD, Op("neg", (-1,), F64)),
    "%1 is store, which has no value": elementwise(
        LOAD, Op("store", (0,), None, 0), Op("neg", (1,), F64)
    ),
    "neg has a result": elementwise(LOAD, Op("neg", (0,))),
    "store has no result": elementwise(LOAD, Op("store", (0,), F64, 0)),
    "add takes operands of one type": elementwise(
        LOAD, Op("const", (), F32, 1.0), Op("add", (0, 1), F64)
    ),
    "mul does not take i32": elementwise(Op("load", (), I32, 2), Op("mul", (0, 0), I32)),
    "sqrt does not take i64": elementwise(Op("const", (), I64, 4), Op("sqrt", (0,), I64)),
    "and does not take f64": elementwise(LOAD, Op("and", (0, 0), BOOL)),
    "select decides by bool, not f64": elementwise(LOAD, Op("select", (0, 0, 0), F64)),
    "the result of lt is bool": elementwise(LOAD, Op("lt", (0, 0), F64)),
    "the result of mul is f64": elementwise(LOAD, Op("mul", (0, 0), F32)),
    "load names the array 3 of 3": elementwise(Op("load", (), F64, 3)),
    "a0 holds f64": elementwise(Op("load", (), F32, 0)),
    "a1 holds bool, not f64": elementwise(LOAD, Op("store", (0,), None, 1)),
    "accumulate does not take bool": elementwise(FLAGGED, Op("accumulate", (0,), None, 1)),
    "a length is i64": elementwise(Op("length", (), I32, 0)),
    "an index is i64": elementwise(Op("index", (), I32, "own")),
    "the index 'pre' is not known here": elementwise(Op("index", (), I64, "pre")),
    "the index 'k' is not known here": elementwise(Op("index", (), I64, "k")),
    "load_at does not take f64": elementwise(LOAD, Op("load_at", (0,), F64, 0)),
    "a constant of this type is a Python float": elementwise(Op("const", (), F64, 1)),
    "a constant of this type is a Python int": elementwise(Op("const", (), I64, True)),
    "ipow raises to 1 ... 64, not 65": elementwise(LOAD, Op("ipow", (0,), F64, 65)),
    "neg has no attribute": elementwise(LOAD, Op("neg", (0,), F64, 1)),
    "uniform makes f64 or f32": elementwise(Op("uniform", (), I64, 0), stream=stream()),
    "a draw has a number from 0 to 65534": elementwise(
        Op("uniform", (), F64, 65535), stream=stream()
    ),
    "draw 4 is made twice": elementwise(
        Op("uniform", (), F64, 4), Op("normal", (), F64, 4), stream=stream()
    ),
    "a stream: both or neither": elementwise(LOAD, stream=stream()),
    "random numbers and a stream": elementwise(Op("uniform", (), F64, 0)),
    "random numbers are drawn once a call or in the body": propagate(
        outer=(Op("uniform", (), F64, 0),), stream=stream()
    ),
    "the index 'own' of a0 is not known here": elementwise(once=(LOAD,)),
    "Elementwise has no rows, so no outer code": elementwise(outer=(ONE,)),
    "a0: Elementwise has no index 'post'": elementwise(arrays=(Array(V, Index.POST),)),
    "the index 'post' of a1 is not known here": propagate(outer=(Op("load", (), F64, 1),)),
    "the index 'own' of a2 is not known here": propagate(outer=(Op("load", (), F64, 2),)),
    "the index 'pre' of a0 is not known here": propagate(once=(LOAD,)),
    "array a1 links through a1": elementwise(arrays=(Array(LINK, Index.OWN), Array(V, Linked(1)))),
    "a0, which holds no integers": elementwise(arrays=(Array(V, Index.OWN), Array(V, Linked(0)))),
    "array a0 is reached at position -1": elementwise(arrays=(Array(V, At(-1)),)),
    "the domain or a link reads the slot of a0": elementwise(
        Op("load", (), I32, 0),
        Op("store", (0,), None, 0),
        arrays=(Array(LINK, Index.OWN), Array(V, Linked(0))),
    ),
    "the domain or a link reads the slot of a3": elementwise(
        Op("const", (), I64, 1), Op("store", (0,), None, 3), arrays=(*OWN, Array(SIZE, At(0)))
    ),
    "the domain writes the slot of a3": Kernel(
        "k",
        Select(PART, OUT),
        (*OWN, Array(OUT.count, Index.SHARED)),
        body=(Op("load", (), I64, 3), FLAGGED),
        results=(1,),
    ),
    "Select takes results bool; met none": Kernel("k", Select(PART, OUT), OWN, body=(FLAGGED,)),
    "Elementwise takes results none; met f64": elementwise(LOAD, results=(0,)),
    "the result %1 is not a value": elementwise(LOAD, results=(1,)),
    "Record takes results f64; met bool": Kernel(
        "k",
        Record(OUT, PART, Slot("c", I64), (Slot("b", F64),)),
        OWN,
        body=(FLAGGED,),
        results=(0,),
    ),
    "Record has a list and a part, or neither": Kernel("k", Record(OUT, None, FIRST, ())),
    "Record may start again": Kernel(
        "k", Record(OUT, PART, Slot("c", I64), ()), OWN, body=(LOAD, Op("store", (0,), None, 0))
    ),
    "Generate may start again": generate(body=(Op("load", (), F64, 0), Op("store", (3,), None, 0))),
    "Generate takes results i64, bool, i64; met i64, i64, i64": generate(results=(2, 2, 2)),
    "candidates need %2 before the body": generate(step=2),
    "candidates need %1 as i64": generate(step=1),
    "Part.size is i32; it must be i64": Kernel("k", Elementwise(Part(FIRST, NUMBER))),
    "Events has a log, a delay and a step, or none": Kernel(
        "k", Propagate(Events(OUT, delay=FIRST), PART, Index.PRE, Slot("r", I64), Slot("o", I32))
    ),
    "the side of rows is pre or post, not own": Kernel(
        "k", Propagate(Events(OUT), PART, Index.OWN, Slot("r", I64), Slot("o", I32))
    ),
    "Python has no code": Kernel("k", Python(), OWN),
}


@pytest.mark.parametrize("message", BROKEN)
def test_each_broken_rule_is_named(message):
    pattern = message.replace("(", r"\(").replace(".", r"\.")
    with pytest.raises(InvalidKernelError, match=pattern):
        verify(BROKEN[message])


def test_the_error_shows_the_kernel_and_points_at_the_op():
    with pytest.raises(InvalidKernelError, match=r"%1 = neg f64 %7    <-- here"):
        verify(elementwise(LOAD, Op("neg", (7,), F64)))


@given(kernels())
def test_valid_kernels_pass(kernel):
    verify(kernel)


def test_a_call_names_a_clock_of_its_program():
    with pytest.raises(InvalidKernelError, match="clock 1 of 1"):
        verify_program(Program((Call(Kernel("k", Python()), 1),), (clock(1),)))
    verify_program(Program((Call(Kernel("k", Elementwise(part(0, 1))), 0),), (clock(1),)))
