"""Making synapses: candidates of each outer element, one outer element after the other.

Targets are counted past the end of a full buffer, but not written there: then the cursor stays
before the outer element, and the kernel asks for as many entries as were counted.
"""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm import philox
from rheobase.backends.llvm.expressions import MEMORY, Emitter
from rheobase.backends.llvm.gaps import GAP_DRAW, by_gaps, scale_of_gaps
from rheobase.backends.llvm.text import F64, I64, Value, Var
from rheobase.ir.domains import Generate, Index, Range, Sample
from rheobase.ir.kernels import Kernel
from rheobase.ir.program import Control, Status
from rheobase.records import record

__all__ = ["generate"]

NEEDED, OUTER = Control.FIELDS.index("needed"), Control.FIELDS.index("outer")


def generate(e: Emitter, domain: Generate) -> None:
    code = e.code
    n_outer, n_inner = e.read(domain.outer.size), e.read(domain.inner.size)
    first_outer = e.read(domain.outer.first)
    used = Var(code, I64, e.read(domain.cursor, 0))
    next_outer = e.read(domain.cursor, 1)
    capacity = e.length(domain.targets)
    e.once()
    near = "pre" if domain.side is Index.PRE else "post"
    with code.loop(next_outer, n_outer) as outer:
        begin = used.get()
        e.at(**{near: first_outer + outer})
        e.outer()
        _candidates(e, domain, outer, n_inner, used)
        now = used.get()
        with code.when(now > capacity, likely=False):
            e.control(NEEDED, now)
            code.leave(Status.GROW)
            code.begin(code.label("unreached"))
        e.write(domain.counts, outer, now - begin)
        e.write(domain.cursor, 0, now)
        e.write(domain.cursor, 1, outer + 1)
    code.leave(Status.DONE)


def _candidates(e: Emitter, domain: Generate, outer: Value, n_inner: Value, used: Var) -> None:
    code, c = e.code, domain.candidates
    low, high, step = e.value(c.low), e.value(c.high), e.value(c.step)
    n = code.select(n_inner > 0, _number(e, low, high, step), 0)

    def candidate(position: Value) -> None:
        _candidate(e, domain, outer, low + position * step, n_inner, used)

    match c:
        case Range():
            with code.loop(0, n) as i:
                candidate(i)
        case Sample(p=p):
            row = _Row(e, domain, outer, low, step, n_inner, used)
            _each_with_probability(row, n, e.value(p), candidate)
        case _:
            _exactly(e, outer, n, _possible_size(e, domain, outer, n, e.value(c.size)), candidate)


def _possible_size(e: Emitter, domain: Generate, outer: Value, n: Value, size: Value) -> Value:
    """The size, if 0 <= size <= n; else the nearest that is, or status BAD_SIZE."""
    code = e.code
    if domain.skip_invalid:
        size = code.select(size > n, n, size)
        return code.select(size < 0, 0, size)
    with code.when(~size.below(n + 1), likely=False):
        e.control(NEEDED, size)
        e.control(OUTER, outer)
        code.leave(Status.BAD_SIZE)
        code.begin(code.label("unreached"))
    return size


def _exactly(
    e: Emitter, outer: Value, n: Value, size: Value, candidate: Callable[[Value], None]
) -> None:
    """`size` of the positions below n; see ir/domains.SampleSize."""
    code = e.code
    position = Var(code, I64, 0)
    left, over, quotient = (Var(code, F64, 0.0) for _ in range(3))
    left.set(n.cast("sitofp", F64))
    with code.loop(0, size) as m:
        e.draw_at = (outer, m)
        u = e.draw("uniform", code.const(I64, GAP_DRAW))
        over.set(left.get() - (size - m).cast("sitofp", F64))
        quotient.set(over.get() / left.get())
        test, body, done = code.label("pass"), code.label("over"), code.label("chosen")
        code.jump(test)
        code.begin(test)
        code.branch(quotient.get() > u, body, done)
        code.begin(body)
        for number in (over, left):
            number.set(number.get() - 1.0)
        position.set(position.get() + 1)
        quotient.set(quotient.get() * over.get() / left.get())
        code.jump(test)
        code.begin(done)
        now = position.get()
        position.set(now + 1)
        left.set(left.get() - 1.0)
        candidate(now)


# ------------------------------------------------------------------ with probability p
@record
class _Row:
    """An outer element, and where its candidates stand."""

    e: Emitter
    domain: Generate
    outer: Value
    low: Value
    step: Value
    n_inner: Value
    used: Var


def _each_with_probability(
    row: _Row, n: Value, p: Value, candidate: Callable[[Value], None]
) -> None:
    """Each position below n with probability p; see ir/domains.Sample.

    Gaps are drawn and added up in vectors. Where each candidate is a target as it is, whole vectors
    are written, too: what stands past the last target is overwritten by the next.
    """
    e, code = row.e, row.e.code
    n = code.select(p > 0.0, n, 0)
    scale = scale_of_gaps(code, p)

    def one_by_one(positions: Value, count: Value) -> None:
        place = code.stacked(positions)
        with code.loop(0, count) as k:
            element = code.let(I64, 1, f"load i64, ptr {code.at(place, I64, k)}")
            candidate(element)

    width = row.domain.targets.dtype.numpy.itemsize

    def together(positions: Value, count: Value) -> None:
        now = row.used.get()
        targets = _stored(row.domain, row.low + positions * row.step)
        with code.when(now <= e.length(row.domain.targets), likely=True):
            place = e.pointer(row.domain.targets, now)
            code.line(f"store {targets}, ptr {place}, align {width}")
        row.used.set(now + count)

    if not _takes_candidates(e.kernel):
        _sampled(row, n, scale, one_by_one)
        return
    last = row.low + (n - 1) * row.step
    valid = n.eq(0) | (row.low.below(row.n_inner) & last.below(row.n_inner))
    whole, single, done = code.label("whole"), code.label("single"), code.label("sampled")
    code.branch(valid, whole, single, "then")
    code.begin(whole)
    _sampled(row, n, scale, together)
    code.jump(done)
    code.begin(single)
    _sampled(row, n, scale, one_by_one)
    code.jump(done)
    code.begin(done)


def _takes_candidates(kernel: Kernel) -> bool:
    """Whether each candidate is one target, whatever it is."""
    target, condition, copies = (kernel.ops[r] for r in kernel.results)
    return (
        (target.name, target.attr) == ("index", "k")
        and (condition.name, condition.attr) == ("const", True)
        and (copies.name, copies.attr) == ("const", 1)
    )


def _sampled(row: _Row, n: Value, scale: Value, take: Callable[[Value, Value], None]) -> None:
    """take(positions, how many of them count), until position n."""
    seed, stream = row.e.seeds()
    draw = row.e.code.const(I64, GAP_DRAW)

    def uniforms(k: Value) -> tuple[Value, Value]:
        return philox.uniforms(row.outer, philox.prepared(seed, draw, k, stream))

    by_gaps(row.e.code, n, scale, uniforms, take)


def _number(e: Emitter, low: Value, high: Value, step: Value) -> Value:
    """How many numbers low, low + step, ... lie before high; 0 for step 0."""
    code = e.code
    down = step < 0
    size = code.select(down, -step, step)
    distance = code.select(down, low - high, high - low)
    safe = code.select(size.eq(0), 1, size)
    n = (distance - 1) / safe + 1
    return code.select((distance > 0) & size.ne(0), n, 0)


def _candidate(
    e: Emitter, domain: Generate, outer: Value, k: Value, n_inner: Value, used: Var
) -> None:
    code = e.code
    last = n_inner - 1
    clipped = code.select(k > last, last, k)
    clipped = code.select(clipped < 0, 0, clipped)
    other = "post" if domain.side is Index.PRE else "pre"
    e.at(k=k, **{other: clipped + e.read(domain.inner.first)})
    e.draw_at = (outer, k)
    n_before = len(e.values)
    e.body()
    target, condition, copies = e.result(0), e.result(1), e.result(2)
    e.restart(n_before)
    with code.when(condition):
        inside = target.below(n_inner)
        if not domain.skip_invalid:
            with code.when(~inside, likely=False):
                e.control(NEEDED, target)
                e.control(OUTER, outer)
                _clear_row(e, domain, used)
                code.leave(Status.BAD_INDEX)
                code.begin(code.label("unreached"))
        n = code.select(inside, copies, 0)
        _append(e, domain, target, code.select(n > 0, n, 0), used)


def _clear_row(e: Emitter, domain: Generate, used: Var) -> None:
    """Leave nothing behind the cursor of a row that is given up."""
    nothing = _stored(domain, e.code.const(I64, 0))
    with e.code.loop(e.read(domain.cursor, 0), _within(e, domain, used.get())) as position:
        e.write(domain.targets, position, nothing)


def _stored(domain: Generate, target: Value) -> Value:
    """A target as it stands in memory."""
    return target.cast("trunc", MEMORY[domain.targets.dtype])


def _within(e: Emitter, domain: Generate, n: Value) -> Value:
    capacity = e.length(domain.targets)
    return e.code.select(n > capacity, capacity, n)


def _append(e: Emitter, domain: Generate, target: Value, n: Value, used: Var) -> None:
    """Write the target n times, as far as there is room."""
    code = e.code
    start = used.get()
    end = start + n
    used.set(end)
    short = _stored(domain, target)
    with code.loop(start, _within(e, domain, end)) as position:
        e.write(domain.targets, position, short)
