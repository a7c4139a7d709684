"""Elements chosen at random, each with a probability of its own; see ir/domains.Bernoulli.

Where the greatest probability is small, as with the rates of spike trains, only candidates cost
anything: a step without one takes some comparisons. N_GAPS gaps are drawn at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rheobase.backends.llvm import library, philox
from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.gaps import GAP_DRAW, scale_of_gaps
from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.text import BOOL, F64, I64, Label, Value, Var
from rheobase.ir.domains import DENSE, LONGEST_GAP, N_GAPS, Bernoulli, Gaps
from rheobase.ir.kernels import Kernel
from rheobase.ir.program import Status
from rheobase.ir.slots import Slot

__all__ = ["bernoulli", "is_steady", "pass_if_quiet"]

DRAWN, AHEAD, SEED, LOOK = 0, 1, 2, 5  # in Gaps.counts
GREATEST, SCALE, LOGARITHMS = range(3)  # in Gaps.numbers
DRAWN_GAPS = LOGARITHMS + N_GAPS
HALF = N_GAPS // 2  # a vector

# the address of a slot
Addresses = Mapping[Slot, Value]

# appends the elements k, k + 1, ... (first, end) of a vector whose condition holds
Append = Callable[[Value, Value, Value], None]


def bernoulli(e: Emitter, domain: Bernoulli, append: Append, count: Var) -> None:
    """List the chosen ones.

    append   (condition of the lanes, first element, end) adds those that are chosen
    count    how many there are
    """
    code = e.code
    first = e.read(domain.part.first)
    end = first + e.read(domain.part.size)
    e.once()
    greatest = _known_greatest(e, domain.gaps, first, end)
    begins = _begins_anew(e, domain.gaps, greatest)
    dense, sparse, done = code.label("dense"), code.label("sparse"), code.label("listed")
    code.branch(greatest > DENSE, dense, sparse, "otherwise")
    code.begin(dense)
    n_values, width = len(e.values), e.width
    _all(e, first, end, append)
    code.jump(done)
    code.begin(sparse)
    e.restart(n_values)
    e.width = 1
    with code.when(greatest > 0.0):
        _candidates(e, domain.gaps, first, end, greatest, begins, append)
    code.jump(done)
    code.begin(done)
    e.width = width
    e.write(domain.out.count, 0, count.get())
    code.leave(Status.DONE)


def is_steady(words: Words, kernel: Kernel, address: Addresses) -> Value:
    """Whether the gaps go on in the next step as they are: nobody looks for the greatest
    probability, and the stream is that of the last step."""
    domain, stream = kernel.domain, kernel.stream
    assert isinstance(domain, Bernoulli)
    assert stream is not None
    counts, state = address[domain.gaps.counts], address[stream.state]
    greatest = words.read(address[domain.gaps.numbers], GREATEST, F64)
    steady = words.read(counts, LOOK).eq(0) & (greatest > 0.0) & (greatest <= DENSE)
    for k in range(3):
        steady = steady & words.read(counts, SEED + k).eq(words.read(state, k))
    return steady


def pass_if_quiet(
    words: Words, kernel: Kernel, address: Addresses, steady: Value, passed: Label
) -> None:
    """List nothing, and go to `passed`, if the next candidate is not of this step."""
    code, domain = words.code, kernel.domain
    assert isinstance(domain, Bernoulli)
    counts = address[domain.gaps.counts]
    ahead = words.read(counts, AHEAD) - words.read(address[domain.part.size])
    quiet, otherwise = code.label("quiet"), code.label("otherwise")
    code.branch(steady & (ahead >= 0), quiet, otherwise)
    code.begin(quiet)
    words.write_word(counts, AHEAD, ahead)
    words.write_word(address[domain.out.count], 0, code.const(I64, 0))
    code.jump(passed)
    code.begin(otherwise)


def _all(e: Emitter, first: Value, end: Value, append: Append) -> None:
    """Each element draws."""
    code, blocks = e.code, philox.blocks_of("uniform", e.width)
    prepared = [code.splat(x, blocks) for x in e.prepared(code.const(I64, 0), _now(e))]
    with code.loop(first, end, e.width) as k:
        p = _probability(e, k, end)
        lanes = k - first if e.width == 1 else k - first + e.steps()
        append(library.draw(code, "uniform", F64, lanes, prepared) < p, k, end)


def _now(e: Emitter) -> Value:
    """The step, as random numbers count it."""
    stream = e.kernel.stream
    assert stream is not None
    return e.read(stream.step) - e.read(stream.state, 2)


def _known_greatest(e: Emitter, gaps: Gaps, first: Value, end: Value) -> Value:
    """The greatest probability, looked for if that is asked for."""
    code, n_values = e.code, len(e.values)
    look = e.read(gaps.counts, LOOK)
    greatest = Var(code, F64, e.read(gaps.numbers, GREATEST))
    with code.when(look.ne(0)):
        greatest.set(_greatest(e, first, end))
        e.write(gaps.counts, LOOK, code.select(look.eq(1), 0, look))
    e.restart(n_values)
    return greatest.get()


def _begins_anew(e: Emitter, gaps: Gaps, greatest: Value) -> Value:
    """Whether a gap begins with this step, since the stream or the probability has changed."""
    code, stream = e.code, e.kernel.stream
    assert stream is not None
    state = [e.read(stream.state, k) for k in range(3)]
    others = [e.read(gaps.counts, SEED + k).ne(x) for k, x in enumerate(state)]
    other_stream = others[0] | others[1] | others[2]
    begins = other_stream | ~greatest.eq(e.read(gaps.numbers, GREATEST))
    with code.when(begins, likely=False):
        with code.when(other_stream):
            e.write(gaps.counts, DRAWN, code.const(I64, 0))
            for k, x in enumerate(state):
                e.write(gaps.counts, SEED + k, x)
        e.write(gaps.numbers, GREATEST, greatest)
        is_possible = (greatest > 0.0) & (greatest <= DENSE)
        e.write(gaps.numbers, SCALE, scale_of_gaps(code, code.select(is_possible, greatest, 0.5)))
        for k in range(0, N_GAPS, HALF):
            place = e.pointer(gaps.numbers, LOGARITHMS + k)
            logarithms = code.let(F64, HALF, f"load <{HALF} x double>, ptr {place}, align 8")
            _keep_gaps(e, gaps, k, logarithms)
    return begins


def _probability(e: Emitter, k: Value, end: Value) -> Value:
    """Of the elements k, k + 1, ... of a vector."""
    e.at(own=k)
    if e.width > 1:
        e.lanes_end(end)
    e.body()
    return e.code.splat(e.result(0), e.width)


def _greatest(e: Emitter, first: Value, end: Value) -> Value:
    """The greatest probability, at most 1; 0 if there is none."""
    code = e.code
    found = Var(code, F64, code.const(F64, 0.0, e.width))
    with code.loop(first, end, e.width) as k:
        p, before = _probability(e, k, end), found.get()
        if e.width > 1:
            p = code.select(e.lanes_valid(end - k), p, 0.0)
        found.set(code.select(p > before, p, before))
    lanes = found.get()
    greatest = code.lane(lanes, 0)
    for k in range(1, e.width):
        one = code.lane(lanes, k)
        greatest = code.select(one > greatest, one, greatest)
    return code.select(greatest > 1.0, 1.0, greatest)


def _candidates(
    e: Emitter,
    gaps: Gaps,
    first: Value,
    end: Value,
    greatest: Value,
    begins: Value,
    append: Append,
) -> None:
    code, n = e.code, end - first
    position = Var(code, I64, code.select(begins, -1, e.read(gaps.counts, AHEAD)))
    wanted = Var(code, BOOL, begins)
    again, inside, done = code.label("gap"), code.label("candidate"), code.label("beyond")
    code.jump(again)
    code.begin(again)
    with code.when(wanted.get()):
        position.set(position.get() + _gap(e, gaps))
    code.branch(position.get() < n, inside, done)
    code.begin(inside)
    _take(e, first, position.get(), end, greatest, append)
    wanted.set(True)
    code.jump(again)
    code.begin(done)
    e.write(gaps.counts, AHEAD, position.get() - n)


def _take(
    e: Emitter, first: Value, number: Value, end: Value, greatest: Value, append: Append
) -> None:
    """A candidate stays with the ratio of its probability to the greatest."""
    code, n_values, element = e.code, len(e.values), first + number
    p = _probability(e, element, end)
    surely = p >= greatest
    chosen = Var(code, BOOL, surely)
    with code.when(~surely):
        prepared = e.prepared(code.const(I64, 1), _now(e))
        u = library.draw(code, "uniform", F64, number, prepared)
        chosen.set(u * greatest < p)
    append(chosen.get(), element, end)
    e.restart(n_values)


def _gap(e: Emitter, gaps: Gaps) -> Value:
    """The next gap of the sequence."""
    code, m = e.code, e.read(gaps.counts, DRAWN)
    place = m & (N_GAPS - 1)
    with code.when(place.eq(0)):
        _draw(e, gaps, m >> (N_GAPS.bit_length() - 1))
    e.write(gaps.counts, DRAWN, m + 1)
    return e.read(gaps.numbers, place + DRAWN_GAPS).cast("fptosi", I64)


def _draw(e: Emitter, gaps: Gaps, block: Value) -> None:
    """Draw N_GAPS gaps."""
    code = e.code
    seed, number = e.seeds()
    prepared = philox.prepared(seed, code.const(I64, GAP_DRAW), block, number)
    lanes = Value(code, I64, HALF, "<" + ", ".join(f"i64 {k}" for k in range(HALF)) + ">")
    for k, u in enumerate(philox.uniforms(lanes, prepared)):
        logarithms = library.call(code, "log", 1.0 - u)
        place = e.pointer(gaps.numbers, LOGARITHMS + k * HALF)
        code.line(f"store {logarithms}, ptr {place}, align 8")
        _keep_gaps(e, gaps, k * HALF, logarithms)


def _keep_gaps(e: Emitter, gaps: Gaps, first: int, logarithms: Value) -> None:
    """Write the gaps of these logarithms, for the present probability."""
    code = e.code
    gap = code.floor(logarithms * e.read(gaps.numbers, SCALE))
    gap = code.select(gap < float(LONGEST_GAP), gap, float(LONGEST_GAP)) + 1.0
    code.line(f"store {gap}, ptr {e.pointer(gaps.numbers, DRAWN_GAPS + first)}, align 8")
