"""Making synapses: candidates of each outer element, one outer element after the other.

Targets are counted past the end of a full buffer, but not written there: then the cursor stays
before the outer element, and the kernel asks for as many entries as were counted.
"""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.library import call
from rheobase.backends.llvm.text import F64, I32, I64, Value, Var
from rheobase.ir.kernels import Generate, Index, Range, Sample
from rheobase.ir.program import Control, Status

__all__ = ["generate"]

NEEDED, OUTER = Control.FIELDS.index("needed"), Control.FIELDS.index("outer")
GAP_DRAW = 0xFFFF
FAR = 2.0**62


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
            _each_with_probability(e, outer, n, e.value(p), candidate)
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
    """`size` of the positions below n; see ir/kernels.SampleSize."""
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


def _each_with_probability(
    e: Emitter, outer: Value, n: Value, p: Value, candidate: Callable[[Value], None]
) -> None:
    """Each position below n with probability p; see ir/kernels.Sample."""
    code = e.code
    everything = p >= 1.0
    n = code.select(p > 0.0, n, 0)
    rate = call(code, "log1p", -code.select(everything, 0.5, p))
    position, drawn = Var(code, I64, -1), Var(code, I64, 0)
    test, body, done = code.label("sample"), code.label("sampled"), code.label("done")
    code.jump(test)
    code.begin(test)
    m = drawn.get()
    drawn.set(m + 1)
    e.draw_at = (outer, m)
    u = e.draw("uniform", code.const(I64, GAP_DRAW))
    gap = code.floor(call(code, "log", 1.0 - u) / rate)
    gap = code.select(everything, 0.0, code.select(gap < FAR, gap, FAR))
    i = position.get() + 1
    jump = code.let(I64, 1, f"fptosi {gap} to i64")
    inside = jump < n - i
    i = i + jump
    position.set(i)
    code.branch(inside, body, done)
    code.begin(body)
    candidate(i)
    code.jump(test)
    code.begin(done)


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
    with e.code.loop(e.read(domain.cursor, 0), _within(e, domain, used.get())) as position:
        e.write(domain.targets, position, e.code.const(I32, 0))


def _within(e: Emitter, domain: Generate, n: Value) -> Value:
    capacity = e.length(domain.targets)
    return e.code.select(n > capacity, capacity, n)


def _append(e: Emitter, domain: Generate, target: Value, n: Value, used: Var) -> None:
    """Write the target n times, as far as there is room."""
    code = e.code
    start = used.get()
    end = start + n
    used.set(end)
    short = target.cast("trunc", I32)
    with code.loop(start, _within(e, domain, end)) as position:
        e.write(domain.targets, position, short)
