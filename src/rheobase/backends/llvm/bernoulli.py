"""Elements chosen at random, each with a probability of its own; see ir/kernels.Bernoulli.

A look at all probabilities (a load and a comparison for eight of them) finds the greatest; where it
is small, as with the rates of spike trains, only candidates cost random numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm import philox
from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.gaps import GAP_DRAW, by_gaps, scale_of_gaps
from rheobase.backends.llvm.text import BOOL, F64, I64, Value, Var
from rheobase.ir.kernels import DENSE, Bernoulli
from rheobase.ir.program import Status

__all__ = ["bernoulli"]

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
    n_values = len(e.values)
    greatest = _greatest(e, first, end)
    e.restart(n_values)
    dense, sparse, done = code.label("dense"), code.label("sparse"), code.label("listed")
    code.branch(greatest > DENSE, dense, sparse, "otherwise")
    code.begin(dense)
    with code.loop(first, end, e.width) as k:
        p = _probability(e, k, end)
        append(e.draw("uniform", code.const(I64, 0)) < p, k, end)
    code.jump(done)
    code.begin(sparse)
    e.restart(n_values)
    e.width = 1
    _candidates(e, first, end, greatest, append)
    code.jump(done)
    code.begin(done)
    e.write(domain.out.count, 0, count.get())
    code.leave(Status.DONE)


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


def _candidates(e: Emitter, first: Value, end: Value, greatest: Value, append: Append) -> None:
    code, stream = e.code, e.kernel.stream
    assert stream is not None
    n = code.select(greatest > 0.0, end - first, 0)
    now = e.read(stream.step) - e.read(stream.state, 2)
    seed, number = e.seeds()
    scale = scale_of_gaps(code, greatest)

    prepared = philox.prepared(seed, code.const(I64, GAP_DRAW), now, number)

    def uniforms(draws: Value) -> tuple[Value, Value]:
        return philox.uniforms(draws, prepared)

    def take(positions: Value, count: Value) -> None:
        place = code.stacked(positions)
        with code.loop(0, count) as k:
            element = first + code.let(I64, 1, f"load i64, ptr {code.at(place, I64, k)}")
            n_values = len(e.values)
            p = _probability(e, element, end)
            surely = p >= greatest
            chosen = Var(code, BOOL, surely)
            with code.when(~surely):
                u = e.draw("uniform", code.const(I64, 1))
                chosen.set(u * greatest < p)
            append(chosen.get(), element, end)
            e.restart(n_values)

    by_gaps(code, n, scale, uniforms, take)
