"""The reference backend does what ir/domains, ir/kernels and ir/program say: as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.backends.reference import ReferenceBackend
from rheobase.backends.reference.access import Together, together
from rheobase.backends.reference.code import draw_normal
from rheobase.backends.reference.philox import normal, philox, uniform
from rheobase.ir.domains import (
    Elementwise,
    EventLog,
    Events,
    Generate,
    Index,
    Propagate,
    Push,
    Python,
    Range,
    Record,
    Reduce,
    Sample,
    Select,
)
from rheobase.ir.dtypes import F64, I32, I64
from rheobase.ir.kernels import Array, Kernel, Linked, Stream
from rheobase.ir.program import Call, Control, Program, Status
from rheobase.ir.slots import Slot
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

NUMPY = ReferenceBackend()


# ------------------------------------------------------------------ random numbers
@pytest.mark.parametrize(
    "counter, key, wanted",
    [
        ([0] * 4, (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        (
            [0xFFFFFFFF] * 4,
            (0xFFFFFFFF, 0xFFFFFFFF),
            [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        ),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            (0xA4093822, 0x299F31D0),
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_the_known_answers_of_its_authors(counter, key, wanted):
    """Source: Random123, examples/kat_vectors, philox4x32 with 10 rounds."""
    words = philox(tuple(np.uint64(c) for c in counter), key)
    assert [int(w) for w in words] == wanted


def test_uniform_and_normal_numbers_have_their_moments():
    """Mean and variance of 200000 draws lie within 5 standard errors."""
    n = 200_000
    words = philox((np.arange(n, dtype=np.uint64), *[np.uint64(k) for k in (1, 2, 3)]), (7, 8))
    u, z = uniform(words), normal(words)
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / n)
    assert abs(u.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / n)
    assert abs(z.mean()) < 5 * np.sqrt(1 / n)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 5 * np.sqrt(96 / n)


# ------------------------------------------------------------------ the driver
def counting(n: Slot) -> Kernel:
    """Adds one to n."""
    code = Code()
    code.accumulate(0, code.const(1))
    return Kernel("count", Elementwise(part(0, 1)), (Array(n, Index.SHARED),), body=tuple(code.ops))


def test_clocks_merge_by_time_and_stop_at_their_ends():
    """dt of 0.1 and 0.25: each ticks so often, and t is step * dt."""
    a, b = slot(I64, 0), slot(I64, 0)
    clocks = (clock(50, 0.1), clock(20, 0.25))
    program = Program((Call(counting(a), 0), Call(counting(b), 1)), clocks)
    control = Control()
    control.budget = 1000
    assert NUMPY.compile(program).run(control) is Status.DONE
    assert (a.data[0], b.data[0]) == (50, 20)
    assert clocks[0].t.data[0] == 50 * 0.1
    # 50 + 20 ticks, of which 10 fall together (every 0.5)
    assert 1000 - control.budget == 60


def test_a_budget_pauses_and_the_run_goes_on_where_it_was():
    n = slot(I64, 0)
    executable = NUMPY.compile(Program((Call(counting(n), 0),), (clock(5),)))
    control = Control()
    for budget, status, steps in [
        (2, Status.PAUSED, 2),
        (2, Status.PAUSED, 4),
        (2, Status.DONE, 5),
    ]:
        control.budget = budget
        assert executable.run(control) is status
        assert n.data[0] == steps


def test_python_calls_return_once_each_step_and_nothing_runs_twice():
    before, after = slot(I64, 0), slot(I64, 0)
    calls = (counting(before), Kernel("p", Python()), counting(after))
    executable = NUMPY.compile(Program(tuple(Call(k, 0) for k in calls), (clock(3),)))
    control = Control()
    control.budget = 10
    for step in range(3):
        assert executable.run(control) is Status.PYTHON
        assert (control.position, before.data[0], after.data[0]) == (1, step + 1, step)
        control.position += 1
    assert executable.run(control) is Status.DONE
    assert (before.data[0], after.data[0]) == (3, 3)


# ------------------------------------------------------------------ lists, records, logs
def threshold(v: Slot, out) -> Kernel:
    code = Code()
    above = code("gt", code.load(0), code.const(0.5))
    return Kernel(
        "threshold",
        Select(part(0, len(v)), out),
        (Array(v, Index.OWN),),
        body=tuple(code.ops),
        results=(above,),
    )


def test_a_record_asks_for_room_before_it_does_anything():
    """GROW names the entries that must fit; after resizing the same entries are written once."""
    v = slot(F64, [0.1, 0.7, 0.2, 0.9])
    buffers = (Slot("i", I64, 3), Slot("v", F64, 3))
    code = Code()
    results = (code.index("own"), code.load(0))
    cursor = slot(I64, 2)
    record = Kernel(
        "record",
        Record(index_list([1, 3]), part(0, 4), cursor, buffers),
        (Array(v, Index.OWN),),
        body=tuple(code.ops),
        results=results,
    )
    executable = NUMPY.compile(Program((Call(record, 0),), (clock(1),)))
    control = Control()
    control.budget = 2
    assert executable.run(control) is Status.GROW
    assert (control.needed, cursor.data[0]) == (4, 2)
    for buffer in buffers:
        buffer.resize(4)
    assert executable.run(control) is Status.DONE
    assert buffers[0].data.tolist() == [0, 0, 1, 3]
    assert buffers[1].data.tolist() == [0, 0, 0.7, 0.9]


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_events_arrive_after_their_delay(delay):
    """A train of spikes through the log: g counts each spike delay steps later."""
    rng = np.random.default_rng(1)
    spikes = rng.random((40, 5)) < 0.4
    v, out = slot(F64, np.zeros(5)), index_list([], 5)
    log, time = event_log(32, 8, 3), clock(1)
    g = slot(F64, np.zeros(5))
    code = Code()
    code.accumulate(0, code.const(1.0))
    domain = Propagate(
        Events(out, log, slot(I64, delay), time.step),
        part(0, 5),
        Index.PRE,
        slot(I64, range(6)),
        slot(I32, range(5)),
    )
    deliver = Kernel("deliver", domain, (Array(g, Index.POST),), body=tuple(code.ops))
    kernels = (threshold(v, out), Kernel("push", Push(out, log, time.step)), deliver)
    executable = NUMPY.compile(Program(tuple(Call(k, 0) for k in kernels), (time,)))
    for step in range(40):
        v.data[:] = spikes[step]
        time.end.data[0] = step + 1
        control = Control()
        control.budget = 2
        assert executable.run(control) is Status.DONE
        assert g.data.tolist() == spikes[: max(step + 1 - delay, 0)].sum(0).tolist()


def test_a_full_log_asks_for_room_and_keeps_what_it_holds():
    """Three events a step and a reach of two steps need nine entries."""
    log: EventLog = event_log(8, 4, 2)
    time = clock(10)
    kernel = Kernel("push", Push(index_list([0, 1, 2]), log, time.step))
    executable = NUMPY.compile(Program((Call(kernel, 0),), (time,)))
    control = Control()
    control.budget = 10
    assert executable.run(control) is Status.GROW
    assert (control.needed, time.step.data[0]) == (9, 2)
    assert log.entries.data.tolist() == [0, 1, 2, 0, 1, 2, 0, 0]


# ------------------------------------------------------------------ synapses
def network(seed: int, side: Index, permuted: bool):
    """30 synapses between 6 and 5 neurons, some of them double."""
    rng = np.random.default_rng(seed)
    pairs = np.stack([rng.integers(0, 6, 30), rng.integers(0, 5, 30)], 1)
    rows, others, order = synapse_rows(pairs, 6 if side is Index.PRE else 5, side)
    return pairs, rows, others, slot(I32, order) if permuted else None, order


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("side", [Index.PRE, Index.POST])
def test_plastic_synapses_match_a_plain_loop(side, one_by_one):
    """g_post += w; a += 1; w = min(w + b_post*a, 2): event by event, entry by entry."""
    pairs, rows, others, synapses, order = network(3, side, permuted=True)
    rng = np.random.default_rng(4)
    w0, a0, b = rng.random(30), rng.random(30), rng.random(5)
    g, w, a = slot(F64, np.zeros(5)), slot(F64, w0), slot(F64, a0)
    arrays = (Array(g, Index.POST), Array(w, Index.OWN), Array(a, Index.OWN))
    arrays += (Array(slot(F64, b), Index.POST),)
    code = Code()
    code.accumulate(0, code.load(1))
    code.accumulate(2, code.const(1.0))
    grown = code("add", code.load(1), code("mul", code.load(3), code.load(2)))
    code.store(1, code("min", grown, code.const(2.0)))
    events = [1, 2, 4]
    domain = Propagate(Events(index_list(events)), part(0, 6), side, rows, others, synapses)
    kernel = Kernel("stdp", domain, arrays, body=tuple(code.ops))
    run(kernel, ReferenceBackend(one_by_one))

    wanted_g = [0.0] * 5
    for event in events:
        for s in order:
            if pairs[s][0 if side is Index.PRE else 1] == event:
                post = pairs[s][1]
                wanted_g[post] += w0[s]
                a0[s] += 1.0
                w0[s] = min(w0[s] + b[post] * a0[s], 2.0)
    assert g.data.tolist() == wanted_g
    assert w.data.tolist() == w0.tolist()
    assert a.data.tolist() == a0.tolist()


def test_a_summed_variable_is_zero_and_then_the_sum_of_its_row():
    """`outer` stores 0 to the target, `body` accumulates: rows by target."""
    pairs, rows, others, synapses, _ = network(5, Index.POST, permuted=True)
    w, total = slot(F64, np.arange(30.0)), slot(F64, np.full(5, 99.0))
    outer, body = Code(), Code()
    outer.store(0, outer.const(0.0))
    body.ops.extend(outer.ops)
    body.accumulate(0, body.load(1))
    kernel = Kernel(
        "summed",
        Reduce(part(0, 5), Index.POST, rows, others, synapses),
        (Array(total, Index.POST), Array(w, Index.OWN)),
        outer=tuple(outer.ops),
        body=tuple(body.ops[2:]),
    )
    run(kernel, NUMPY)
    wanted = np.bincount(pairs[:, 1], weights=np.arange(30.0), minlength=5)
    assert total.data.tolist() == wanted.tolist()


# ------------------------------------------------------------------ what runs together
def accessing(*accesses: tuple[str, Index], domain: str = "Propagate") -> Together:
    """How a kernel runs that touches one slot in these ways."""
    x = slot(F64, [0.0])
    code = Code()
    value = code.const(1.0)
    for n, (op, _) in enumerate(accesses):
        if op == "load":
            code.load(n)
        else:
            code(op, value, attr=n)
    arrays = tuple(Array(x, index) for _, index in accesses)
    rows = (part(0, 1), Index.PRE, slot(I64, [0, 1]), slot(I32, [0]))
    domains = {
        "Propagate": Propagate(Events(index_list([0])), *rows),
        "Elementwise": Elementwise(part(0, 1)),
    }
    return together(Kernel("k", domains[domain], arrays, body=tuple(code.ops)))


def test_what_runs_together_follows_from_the_accesses():
    own, pre, post, shared = Index.OWN, Index.PRE, Index.POST, Index.SHARED
    assert accessing(("accumulate", post)) is Together.ALL
    assert accessing(("store", post)) is Together.ALL
    assert accessing(("load", own), ("store", own)) is Together.ALL
    assert accessing(("load", pre), ("load", post)) is Together.ALL
    assert accessing(("load", post), ("store", post)) is Together.DISTINCT_ROW
    assert accessing(("load", pre), ("accumulate", post)) is Together.NOTHING
    assert accessing(("load", pre), ("store", pre)) is Together.NOTHING
    assert accessing(("load", shared), ("store", shared)) is Together.NOTHING
    assert accessing(("accumulate", shared), domain="Elementwise") is Together.ALL
    assert accessing(("load", shared), ("store", own), domain="Elementwise") is Together.NOTHING


def test_a_chain_through_linked_elements_runs_in_order():
    """x[k] = x[link[k]] + 1 with link = k - 1 counts up: each element sees the one before."""
    x, link = slot(F64, np.zeros(6)), slot(I32, [0, 0, 1, 2, 3, 4])
    arrays = (Array(x, Index.OWN), Array(link, Index.OWN), Array(x, Linked(1)))
    code = Code()
    code.store(0, code("add", code.load(2), code.const(1.0)))
    run(Kernel("chain", Elementwise(part(1, 5)), arrays, body=tuple(code.ops)), NUMPY)
    assert x.data.tolist() == [0, 1, 2, 3, 4, 5]


# ------------------------------------------------------------------ making synapses
def generator(n: int, shift: int, *, skip_invalid: bool = False, room: int = 100) -> Kernel:
    """j = k + shift for k in range(n) if k != i, twice each."""
    code = Code()
    bounds = [code.const(x) for x in (0, n, 1)]
    n_once = len(code.ops)
    k, i = code.index("k"), code.index("pre")
    results = (code("add", k, code.const(shift)), code("ne", k, i), code.const(2))
    domain = Generate(
        Index.PRE,
        part(0, 3),
        part(0, n),
        Range(*bounds),
        Slot("counts", I64, 3),
        Slot("targets", I32, room),
        Slot("cursor", I64, 2),
        skip_invalid,
    )
    ops = tuple(code.ops)
    return Kernel("connect", domain, once=ops[:n_once], body=ops[n_once:], results=results)


def test_a_generator_makes_copies_where_its_condition_holds():
    kernel = generator(4, 0)
    assert run(kernel, NUMPY) is Status.DONE
    domain = kernel.domain
    wanted = [j for i in range(3) for j in range(4) if j != i for _ in range(2)]
    assert domain.targets.data[: len(wanted)].tolist() == wanted
    assert domain.counts.data.tolist() == [6, 6, 6]
    assert domain.cursor.data.tolist() == [18, 3]


def test_a_target_outside_stops_or_is_skipped():
    kernel = generator(4, 1)
    program = Program((Call(kernel, 0),), (clock(1),))
    control = Control()
    control.budget = 1
    assert NUMPY.compile(program).run(control) is Status.BAD_INDEX
    assert (control.outer, control.needed) == (0, 4)
    kernel = generator(4, 1, skip_invalid=True)
    assert run(kernel, NUMPY) is Status.DONE
    assert kernel.domain.counts.data.tolist() == [4, 4, 4]


def test_a_generator_goes_on_after_it_was_given_room():
    kernel = generator(4, 0, room=1)
    executable = NUMPY.compile(Program((Call(kernel, 0),), (clock(1),)))
    control = Control()
    control.budget = 1
    while executable.run(control) is Status.GROW:
        kernel.domain.targets.resize(control.needed)
    wanted = [j for i in range(3) for j in range(4) if j != i for _ in range(2)]
    assert kernel.domain.targets.data.tolist() == wanted


def plain_philox(counter, key):
    """Ten rounds on Python integers."""
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [q >> 32 ^ c[1] ^ k0, q & 0xFFFFFFFF, p >> 32 ^ c[3] ^ k1, p & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


@pytest.mark.parametrize("p", [0.0, 0.02, 0.5, 1.0])
def test_sampled_candidates_follow_geometric_gaps(p):
    """Candidate by candidate as Sample and Stream describe it, in Python integers."""
    n, seed = 300, 2**40 + 77
    code = Code()
    bounds = [code.const(x) for x in (0, n, 1, p)]
    ops = tuple(code.ops)
    body = Code()
    body.ops.extend(ops)
    results = (body.index("k"), body.const(True), body.const(1))
    domain = Generate(
        Index.POST,
        part(5, 4),
        part(0, n),
        Sample(*bounds),
        Slot("counts", I64, 4),
        Slot("targets", I32, 4 * n),
        Slot("cursor", I64, 2),
    )
    source = Stream(slot(I64, [seed, 9, 0]), slot(I64, 0))
    kernel = Kernel(
        "connect", domain, once=ops, body=tuple(body.ops[4:]), results=results, stream=source
    )
    run(kernel, NUMPY)

    wanted = []
    for outer in range(4):
        k, m = -1, 0
        while p > 0:
            place = m // 16 * 8 + m % 8
            w = plain_philox((outer, 0xFFFF, place, 9), (seed & 0xFFFFFFFF, seed >> 32))
            low, high = w[:2] if m % 16 < 8 else w[2:]
            u = ((high << 32 | low) >> 12) * 2.0**-52
            k, m = k + 1 + (int(np.log(1 - u) // np.log1p(-p)) if p < 1 else 0), m + 1
            if k >= n:
                break
            wanted.append(k)
    assert domain.targets.data[: len(wanted)].tolist() == wanted
    assert domain.counts.data.sum() == len(wanted)


def test_elements_that_share_the_words_of_a_normal_draw_are_uncorrelated():
    """Sine and cosine of one angle; each a standard normal deviate."""
    numbers = draw_normal(stream(seed=3), np.arange(80_000), 0, 5).reshape(-1, 2, 4)
    cosines, sines = numbers[:, 0].ravel(), numbers[:, 1].ravel()
    bound = 4 / np.sqrt(len(cosines))
    assert abs(np.mean(cosines * sines)) < bound
    assert abs(np.mean(cosines**2 * sines**2) - 1) < 3 * bound
    for deviates in (cosines, sines):
        assert abs(deviates.mean()) < bound
        assert abs(deviates.var() - 1) < 2 * bound
