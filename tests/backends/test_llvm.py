"""Native kernels against plain loops: vectors and their ends, the domains, and the run protocol."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.llvm.jit import Jit, jit
from rheobase.backends.llvm.kernels import elements_are_independent
from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.domains import (
    GRANULE,
    Calendar,
    Elementwise,
    Events,
    Generate,
    Index,
    Indexed,
    Propagate,
    Push,
    Python,
    Range,
    Record,
    Sample,
    Select,
    Sometimes,
    WhenDue,
)
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, U16, DType
from rheobase.ir.kernels import Array, At, Kernel, Linked
from rheobase.ir.program import Call, Control, Program, Status
from rheobase.ir.slots import Slot
from rheobase.ir.verify import verify
from tests.backends.build import (
    Code,
    clock,
    event_log,
    index_list,
    part,
    run,
    slot,
    stream,
    synapse_rows,
)

LENGTHS = range(18)
BACKEND = LlvmBackend()


def add_one(dtype: DType, n: int, first: int, size: int) -> tuple[Kernel, Slot]:
    """x = x + 1 (not x for BOOL) on a part."""
    values = np.arange(n) % 2 if dtype is BOOL else np.arange(n)
    x, code = slot(dtype, values) if n else Slot("x", dtype, 0), Code()
    value = code.load(0, dtype)
    if dtype is BOOL:
        value = code("not", value)
    elif dtype in (I32, U16):
        wide = code.cast(value, I64)
        value = code.cast(code("add", wide, code.const(1)), dtype)
    else:
        value = code("add", value, code.const(1.0 if dtype.is_float else 1, dtype))
    code.store(0, value)
    arrays = (Array(x, Index.OWN),)
    return Kernel("add", Elementwise(part(first, size)), arrays, body=tuple(code.ops)), x


@pytest.mark.parametrize("dtype", list(DType), ids=lambda d: d.value)
def test_a_part_of_any_length_is_changed_and_nothing_else(dtype):
    """All lengths around one and two vectors, from the start, in the middle and at the end."""
    for n in LENGTHS:
        for first in {0, 1, 3, n // 2} & set(range(n + 1)):
            for size in {0, 1, n // 3, n - first} & set(range(n - first + 1)):
                kernel, x = add_one(dtype, n, first, size)
                before = x.data.copy()
                run(kernel, BACKEND)
                wanted = before.copy()
                inside = slice(first, first + size)
                wanted[inside] = ~before[inside] if dtype is BOOL else before[inside] + 1
                np.testing.assert_array_equal(x.data, wanted)


def test_elements_chosen_are_those_of_the_part_for_which_the_condition_holds():
    """Also where the last vector is not complete: padding is never listed."""
    for n in LENGTHS:
        for first in (0, 2):
            for bits in (0b0, 0b1011011101101, 0x3FFFF):
                chosen = np.array([bits >> k & 1 for k in range(n + 2)], bool)
                x, out, code = slot(BOOL, chosen), index_list([], n + 2), Code()
                value = code.load(0, BOOL)
                kernel = Kernel(
                    "select",
                    Select(part(first, n), out),
                    (Array(x, Index.OWN),),
                    body=tuple(code.ops),
                    results=(value,),
                )
                run(kernel, BACKEND)
                wanted = [k for k in range(first, first + n) if chosen[k]]
                assert out.indices.data[: out.count.data[0]].tolist() == wanted


def test_types_mix_in_one_kernel():
    """Elements of every type go through one vector loop."""
    n, code = 21, Code()
    slots = [slot(d, np.arange(n) % 2 if d is BOOL else np.arange(n)) for d in DType]
    total = code.const(0.0)
    for k, d in enumerate(DType):
        total = code("add", total, code.cast(code.load(k, d), F64))
    out = slot(F32, np.zeros(n))
    code.store(len(DType), code.cast(total, F32))
    arrays = tuple(Array(s, Index.OWN) for s in (*slots, out))
    run(Kernel("mix", Elementwise(part(0, n)), arrays, body=tuple(code.ops)), BACKEND)
    np.testing.assert_array_equal(out.data, 5 * np.arange(n) + np.arange(n) % 2)


def test_shared_fixed_and_linked_elements_are_reached():
    """y[i] = x[link[i]] + table[2] + s[0]."""
    n, code = 19, Code()
    link = np.random.default_rng(0).integers(0, 7, n)
    x, y = slot(F64, np.arange(7.0) ** 2), slot(F64, np.zeros(n))
    table, shared = slot(F64, [1, 2, 300]), slot(F64, 0.5)
    arrays = (
        Array(slot(I32, link), Index.OWN),
        Array(x, Linked(0)),
        Array(table, At(2)),
        Array(shared, Index.SHARED),
        Array(y, Index.OWN),
    )
    code.store(4, code("add", code("add", code.load(1), code.load(2)), code.load(3)))
    run(Kernel("links", Elementwise(part(0, n)), arrays, body=tuple(code.ops)), BACKEND)
    np.testing.assert_array_equal(y.data, link.astype(float) ** 2 + 300.5)


def test_elements_that_see_each_other_run_in_order():
    """x[i] = x[link[i]] + 1 with link[i] = i - 1 counts up: it must not become a vector loop."""
    n, code = 12, Code()
    x = slot(F64, np.zeros(n))
    arrays = (
        Array(slot(I32, np.maximum(np.arange(n) - 1, 0)), Index.OWN),
        Array(x, Linked(0)),
        Array(x, Index.OWN),
    )
    code.store(2, code("add", code.load(1), code.const(1.0)))
    kernel = Kernel("chain", Elementwise(part(0, n)), arrays, body=tuple(code.ops))
    assert not elements_are_independent(kernel)
    run(kernel, BACKEND)
    np.testing.assert_array_equal(x.data, 1 + np.arange(n))


def test_a_slot_may_be_reached_through_two_arrays():
    """x = 5 through one, x += 1 through the other: fused kernels look like that."""
    x, code = slot(F64, np.zeros(11)), Code()
    code.store(0, code.const(5.0))
    code.accumulate(1, code.const(1.0))
    arrays = (Array(x, Index.OWN), Array(x, Index.OWN))
    kernel = Kernel("twice", Elementwise(part(0, 11)), arrays, body=tuple(code.ops))
    assert elements_are_independent(kernel)
    run(kernel, BACKEND)
    assert x.data.tolist() == [6.0] * 11


def test_positions_out_of_range_are_clipped():
    """load_at takes the first or the last element instead."""
    code, out = Code(), slot(F64, np.zeros(9))
    position = code("sub", code.index(), code.const(3))
    code.store(1, code("load_at", position, dtype=F64, attr=0))
    arrays = (Array(slot(F64, [10, 11, 12]), Index.SHARED), Array(out, Index.OWN))
    run(Kernel("look", Elementwise(part(0, 9)), arrays, body=tuple(code.ops)), BACKEND)
    assert out.data.tolist() == [10, 10, 10, 10, 11, 12, 12, 12, 12]


def test_integer_division_by_zero_and_of_the_smallest_integer_does_not_trap():
    """0 for a zero divisor; -2^63 // -1 wraps around."""
    lowest = -(2**63)
    a = np.array([7, -7, 0, lowest, lowest, lowest], np.int64)
    b = np.array([0, 0, 0, -1, 0, 1], np.int64)
    for name, wanted in (("floordiv", [0, 0, 0, lowest, 0, lowest]), ("mod", [0] * 6)):
        code, out = Code(), slot(I64, np.zeros(6))
        code.store(2, code(name, code.load(0, I64), code.load(1, I64)))
        arrays = tuple(Array(s, Index.OWN) for s in (slot(I64, a), slot(I64, b), out))
        run(Kernel(name, Elementwise(part(0, 6)), arrays, body=tuple(code.ops)), BACKEND)
        assert out.data.tolist() == wanted


def test_no_function_of_the_c_library_is_called():
    """Machine code is closed in itself: no operation becomes a call that a platform may lack."""
    code = Code()
    x, y = code.load(0), code.load(1)
    for name in ("floor", "ceil", "sqrt", "exp", "log", "sin", "tan", "arctan", "tanh", "log10"):
        x = code("add", code(name, x), y)
    x = code("pow", code("mod", x, y), code("floordiv", x, y))
    x = code.cast(code.cast(x, I64), F64)
    code.store(0, x)
    arrays = (Array(slot(F64, [1, 2]), Index.OWN), Array(slot(F64, 1), Index.SHARED))
    text = jit().assembly(Kernel("x", Elementwise(part(0, 2)), arrays, body=tuple(code.ops)))
    calls = re.findall(r"\b(?:callq|bl)\s+([A-Za-z_]\w*)", text)
    taken = re.findall(r"movabsq\s+\$([A-Za-z_]\w*)", text)  # addresses, of what is called too
    assert {*calls, *taken} <= {"inner", "reduce_angle", "two_over_pi"}


@pytest.mark.parametrize("backend", [BACKEND, ReferenceBackend()], ids=lambda b: b.name)
def test_sometimes_is_for_the_steps_without_the_bits_of_its_mask(backend):
    """x += 1 in steps 0, 4, 8 of 10."""
    x, code, step = slot(F64, np.zeros(21)), Code(), slot(I64, 0)
    code.store(0, code("add", code.load(0), code.const(1.0)))
    domain = Sometimes(part(2, 17), step, slot(I64, 3))
    kernel = Kernel("now and then", domain, (Array(x, Index.OWN),), body=tuple(code.ops))
    verify(kernel)
    program = Program((Call(kernel, 0),), (clock(10, step=step),))
    control = Control()
    control.budget = 100
    assert backend.compile(program).run(control) is Status.DONE
    assert x.data.tolist() == [0] * 2 + [3] * 17 + [0] * 2
    run(kernel, backend)  # as the step is now: 10
    assert x.data[5] == 3


@pytest.mark.parametrize("backend", [BACKEND, ReferenceBackend()], ids=lambda b: b.name)
@pytest.mark.parametrize("n", [1, 15, 16, 17, 100, 300])
def test_granules_that_are_due_are_looked_at_and_no_others(backend, n):
    """Elements count how often they are looked at, and want to be looked at again after a while."""
    rng = np.random.default_rng(n)
    begin = rng.choice([-np.inf, 0.5, 1.0, 2.5, np.inf], -(-n // GRANULE))
    waits = rng.choice([0.3, 1.7, 4.0, np.inf, np.nan], n, p=[0.02, 0.04, 0.04, 0.8, 0.1])
    entries, t = slot(F64, begin), slot(F64, 0.0)
    looks, wait, code = slot(F64, np.zeros(n)), slot(F64, waits), Code()
    code.store(0, code("add", code.load(0), code.const(1.0)))
    again = code("add", code.load(2), code.load(1))
    arrays = (Array(looks, Index.OWN), Array(wait, Index.OWN), Array(t, Index.SHARED))
    domain = WhenDue(part(0, n), Calendar(entries, t))
    kernel = Kernel("look", domain, arrays, body=tuple(code.ops), results=(again,))
    verify(kernel)
    wanted, due_at = np.zeros(n), begin.copy()
    for now in range(12):
        t.data[0] = now
        run(kernel, backend)
        for g in np.flatnonzero(due_at <= now):
            its = slice(g * GRANULE, (g + 1) * GRANULE)
            wanted[its] += 1
            due_at[g] = np.fmin.reduce(now + waits[its], initial=np.inf)
        assert looks.data.tolist() == wanted.tolist()
        assert entries.data.tolist() == due_at.tolist()


@pytest.mark.parametrize("backend", [BACKEND, ReferenceBackend()], ids=lambda b: b.name)
def test_a_listed_element_enters_when_to_look_at_it(backend):
    """The earliest of a granule counts, whatever was there before."""
    entries, when = slot(F64, [np.inf, 3.0, 3.0]), slot(F64, np.arange(40) / 4)
    listed, code = index_list([2, 7, 9, 16, 18, 36]), Code()
    again = code.load(0)
    domain = Indexed(listed, part(4, 30), Calendar(entries, slot(F64, 0)))
    arrays = (Array(when, Index.OWN),)
    kernel = Kernel("mark", domain, arrays, body=tuple(code.ops), results=(again,))
    verify(kernel)
    run(kernel, backend)
    assert entries.data.tolist() == [7 / 4, 3.0, 3.0]


# ------------------------------------------------------------------ lists, logs, synapses
def test_indexed_leaves_out_what_is_not_in_the_part():
    """x += 1 for listed elements within [2, 6)."""
    x, code = slot(F64, np.zeros(9)), Code()
    code.store(0, code("add", code.load(0), code.const(1.0)))
    domain = Indexed(index_list([0, 2, 5, 6, 8]), part(2, 4))
    run(Kernel("reset", domain, (Array(x, Index.OWN),), body=tuple(code.ops)), BACKEND)
    assert x.data.tolist() == [0, 0, 1, 0, 0, 1, 0, 0, 0]


def test_delayed_events_reach_their_targets_at_the_right_step():
    """Pushed at step s, propagated at step s + 2, while the log goes round its circle."""
    n, delay, log = 5, 2, event_log(8, 4, 2)
    step = slot(I64, 0)
    events, target = index_list([], n), slot(F64, np.zeros(n))
    rows, others, _ = synapse_rows([(i, (i + 1) % n) for i in range(n)], n)
    code = Code()
    code.accumulate(0, code.const(1.0))
    consume = Kernel(
        "propagate",
        Propagate(Events(events, log, slot(I64, delay), step), part(0, n), Index.PRE, rows, others),
        (Array(target, Index.POST),),
        body=tuple(code.ops),
    )
    push = Kernel("push", Push(events, log, step))
    clocks = (clock(40, step=step),)
    executable = BACKEND.compile(Program((Call(push, 0), Call(consume, 0)), clocks))
    control, rng, history = Control(), np.random.default_rng(1), []
    for s in range(40):
        listed = np.sort(rng.choice(n, rng.integers(0, 3), replace=False))
        events.indices.data[: len(listed)] = listed
        events.count.data[0] = len(listed)
        history.append(listed)
        before, control.budget = target.data.copy(), 1
        assert executable.run(control) is Status.PAUSED
        wanted = np.zeros(n)
        if s >= delay:
            np.add.at(wanted, (history[s - delay] + 1) % n, 1)
        np.testing.assert_array_equal(target.data - before, wanted)


def test_a_full_log_and_a_full_buffer_ask_for_room_and_change_nothing():
    """GROW tells how many entries must fit; after making room the same call succeeds."""
    log, events = event_log(4, 4, 2), index_list(range(6))
    control = Control()
    control.budget = 1
    push = Kernel("push", Push(events, log, slot(I64, 0)))
    assert BACKEND.compile(Program((Call(push, 0),), (clock(1),))).run(control) is Status.GROW
    assert (control.needed, log.starts.data.tolist()) == (6, [0, 0, 0, 0])

    code = Code()
    value = code.load(0)
    buffer, cursor = Slot("buffer", F64, 5), slot(I64, 2)
    domain = Record(index_list([0, 1, 4, 7]), part(1, 7), cursor, (buffer,))
    x = slot(F64, np.arange(8) * 10)
    kernel = Kernel(
        "record", domain, (Array(x, Index.OWN),), body=tuple(code.ops), results=(value,)
    )
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(2),)))
    control = Control()
    control.budget = 2
    assert executable.run(control) is Status.GROW  # the first step fits, the second does not
    assert (control.needed, cursor.data[0]) == (8, 5)
    buffer.resize(control.needed)
    assert executable.run(control) is Status.PAUSED
    assert buffer.data.tolist() == [0, 0, 10, 40, 70, 10, 40, 70]


# ------------------------------------------------------------------ making synapses
def generator(candidates_p: float | None, n: int, room: int, shift: int = 0) -> Kernel:
    """All (or sampled) candidates k of n as targets k + shift, for each of n outer elements."""
    once = Code()
    low, high, step = once.const(0), once.const(n), once.const(1)
    p = once.const(1.0 if candidates_p is None else candidates_p)
    body = Code()
    body.ops = list(once.ops)
    target = body("add", body.index("k"), body.const(shift))
    condition, copies = body.const(True), body.const(1)
    sample = Range(low, high, step) if candidates_p is None else Sample(low, high, step, p)
    domain = Generate(
        Index.PRE,
        part(0, n),
        part(0, n),
        sample,
        Slot("counts", I64, n),
        Slot("targets", I32, room),
        Slot("cursor", I64, 2),
    )
    ops = tuple(body.ops)
    return Kernel(
        "connect",
        domain,
        once=ops[:4],
        body=ops[4:],
        results=(target, condition, copies),
        stream=None if candidates_p is None else stream(7, 1),
    )


def grown(kernel: Kernel) -> tuple[list[int], list[int], int]:
    """Run to the end, making the room that is asked for: targets, counts, times asked."""
    domain = kernel.domain
    assert isinstance(domain, Generate)
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(1),)))
    control, asked = Control(), 0
    control.budget = 2
    while (status := executable.run(control)) is Status.GROW:
        asked += 1
        assert control.needed > len(domain.targets)
        domain.targets.resize(control.needed)
    assert status is Status.DONE
    used = int(domain.cursor.data[0])
    return domain.targets.data[:used].tolist(), domain.counts.data.tolist(), asked


def test_synapses_do_not_depend_on_how_often_the_buffer_grew():
    """Random candidates are the same after starting an element again."""
    small, large = grown(generator(0.3, 40, 1)), grown(generator(0.3, 40, 5000))
    assert small[2] > 10
    assert large[2] == 0
    assert small[:2] == large[:2]
    assert grown(generator(None, 6, 0))[:2] == ([*range(6)] * 6, [6] * 6)


@pytest.mark.parametrize("p", [0.02, 0.3, 0.9])
def test_the_number_of_sampled_synapses_is_binomial(p):
    """Within 5 standard deviations of n p."""
    n = 300
    counts = np.array(grown(generator(p, n, 10))[1])
    assert abs(counts.sum() - n * n * p) < 5 * np.sqrt(n * n * p * (1 - p))
    assert abs(counts.var() / (n * p * (1 - p)) - 1) < 0.5


def test_a_target_outside_its_group_is_reported():
    """Which element and which target."""
    kernel = generator(None, 4, 100, shift=2)
    control = Control()
    control.budget = 1
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(1),)))
    assert executable.run(control) is Status.BAD_INDEX
    assert (control.outer, control.needed) == (0, 4)
    assert isinstance(kernel.domain, Generate)
    kept = replace(kernel, domain=replace(kernel.domain, skip_invalid=True))
    assert grown(kept)[0] == [2, 3] * 4


# ------------------------------------------------------------------ the driver
def counter() -> tuple[Kernel, Slot]:
    """Adds 1 to a shared slot."""
    x, code = slot(F64, 0), Code()
    code.accumulate(0, code.const(1.0))
    return Kernel(
        "count", Elementwise(part(0, 1)), (Array(x, Index.SHARED),), body=tuple(code.ops)
    ), x


def test_clocks_tick_together_where_their_times_agree():
    """dt 0.1 and 0.25 up to t = 1: 10 and 4 calls, in 13 steps, times never accumulated."""
    (fast, n_fast), (slow, n_slow) = counter(), counter()
    clocks = (clock(10, 0.1), clock(4, 0.25))
    executable = BACKEND.compile(Program((Call(fast, 0), Call(slow, 1)), clocks))
    control = Control()
    control.budget = 100
    assert executable.run(control) is Status.DONE
    assert (n_fast.data[0], n_slow.data[0]) == (10, 4)
    assert 100 - control.budget == 12  # both at 0 and at 0.5
    assert clocks[0].t.data[0] == 10 * 0.1


def test_a_run_in_pieces_is_the_run_as_a_whole():
    """PAUSED after the budget, and on from there."""
    kernel, n = counter()
    clocks = (clock(7),)
    executable = BACKEND.compile(Program((Call(kernel, 0),), clocks))
    control, seen = Control(), []
    while True:
        control.budget = 3
        status = executable.run(control)
        seen.append((status.name, n.data[0], clocks[0].step.data[0]))
        if status is Status.DONE:
            break
    assert seen == [("PAUSED", 3, 3), ("PAUSED", 6, 6), ("DONE", 7, 7)]


def test_a_run_that_has_taken_its_time_pauses_after_a_step():
    """With a limit, the budget of steps may be anything."""
    kernel, n = counter()
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(10**15),)))
    control = Control()
    control.budget, control.limit = 10**15, 2_000_000  # ns
    begun = time.perf_counter()
    assert executable.run(control) is Status.PAUSED
    assert 0.002 <= time.perf_counter() - begun < 1
    assert control.position == 0
    assert 10**15 - control.budget == n.data[0] > 0


def test_python_calls_come_back_in_their_place():
    """Kernels before it have run, those after it have not; position + 1 goes on."""
    (first, n_first), (last, n_last) = counter(), counter()
    calls = (Call(first, 0), Call(Kernel("py", Python()), 0), Call(last, 0))
    executable = BACKEND.compile(Program(calls, (clock(2),)))
    control, seen = Control(), []
    control.budget = 10
    while executable.run(control) is Status.PYTHON:
        seen.append((control.position, n_first.data[0], n_last.data[0]))
        control.position += 1
    assert seen == [(1, 1, 0), (1, 2, 1)]
    assert n_last.data[0] == 2


def test_a_step_is_finished_by_another_executable():
    """Control says where to go on; due clocks are found anew."""
    (first, n_first), (last, n_last) = counter(), counter()
    calls = (Call(first, 0), Call(Kernel("py", Python()), 0), Call(last, 0))
    program = Program(calls, (clock(1),))
    control = Control()
    control.budget = 10
    assert BACKEND.compile(program).run(control) is Status.PYTHON
    control.position += 1
    assert BACKEND.compile(program).run(control) is Status.DONE
    assert (n_first.data[0], n_last.data[0]) == (1, 1)


def test_memory_that_moved_is_found():
    """A slot that was resized between two runs is read at its new place."""
    kernel, x = add_one(F64, 4, 0, 4)
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(10),)))
    control = Control()
    for _ in range(2):
        control.budget = 1
        executable.run(control)
        x.resize(len(x) + 1000)
    assert x.data[:4].tolist() == [2, 3, 4, 5]


def test_other_threads_run_while_native_code_does():
    """The GIL is released."""
    kernel, _ = counter()
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(2**60),)))
    control = Control()
    control.budget = 20_000_000
    native = threading.Thread(target=executable.run, args=(control,))
    native.start()
    ticks = 0
    while native.is_alive():
        ticks += 1
        time.sleep(0.001)
    assert ticks > 5


@pytest.mark.parametrize(("n", "threads"), [(100, 2), (100_000, 1), (100_000, 2)])
def test_drivers_are_compiled_before_the_first_step(n, threads, monkeypatch):
    """That of chunks where they go ahead; those of threads where the program is large."""
    kernel, _ = add_one(F64, n, 0, n)
    asked: list[str] = []
    for name in ("_driver", "_worker"):
        module = getattr(Jit, name)
        monkeypatch.setattr(Jit, name, lambda jit, f=module, n=name: (asked.append(n), f(jit))[1])
    executable = BACKEND.compile(Program((Call(kernel, 0),), (clock(3),)), threads)
    executable.get_ready()
    assert {*asked} == (
        set() if n == 100 else {"_driver", "_worker"} if threads > 1 else {"_driver"}
    )
    asked.clear()
    control = Control()
    control.budget = 3
    assert executable.run(control) is Status.PAUSED
    executable.rest()
    assert not asked
