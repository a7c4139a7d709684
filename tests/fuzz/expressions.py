"""Random expressions: native code and the reference against direct evaluation, node by node.

    python -m tests.fuzz.expressions --n 100000 --seed 1

Each expression is written as text, parsed, checked (it must have the type and dimension that it was
made with), and evaluated three ways: by `lang.evaluate`, by the NumPy reference and by LLVM, many
expressions in a kernel. Results may differ by 4 units in the last place for each node, carried
through the nodes above it: `bounds` moves the operands of each node to the corners of their own
errors and takes the largest change of the result. Where a corner gives a jump (a comparison, floor,
the edge of a domain), any result inside the jump is right.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.reference import ReferenceBackend
from rheobase.errors import FaultList
from rheobase.ir.builder import Binding, Element, KernelBuilder, Literal
from rheobase.ir.domains import Elementwise, Index, Part
from rheobase.ir.dtypes import BOOL, F64, I32, I64, DType
from rheobase.ir.program import Backend, Call, Program
from rheobase.ir.slots import Slot
from rheobase.lang.check import infer
from rheobase.lang.evaluate import evaluate
from rheobase.lang.nodes import Assign, Binary, Expr, Name, Number, children, names_in, render, walk
from rheobase.lang.nodes import Call as FunctionCall
from rheobase.lang.parse import parse_expression
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Type
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import RunHooks, execute
from tests.fuzz.command import search_options
from tests.fuzz.typed import SYMBOLS, Generator, N, values

__all__ = ["compare", "search"]

ULPS = 4
PER_KERNEL = 40
HUGE = 1e300  # beyond, an ulp more may be infinite
Array = NDArray[np.generic]

_STORED: Mapping[Type, DType] = {Type.FLOAT: F64, Type.INTEGER: I32, Type.BOOLEAN: BOOL}
_RESULT: Mapping[Type, DType] = {Type.FLOAT: F64, Type.INTEGER: I64, Type.BOOLEAN: BOOL}


# ------------------------------------------------------------------ how far results may differ
@dataclass(frozen=True)
class Bounded:
    """value (N,) of a node by direct evaluation; error (N,) float: how far another may be."""

    value: Array
    error: NDArray[np.float64]


def bounds(expr: Expr, variables: Mapping[str, Array]) -> Bounded:
    """The value of an expression, and its bound of 4 ulp a node."""
    if isinstance(expr, Name):
        return Bounded(np.broadcast_to(evaluate(expr, variables), N), np.zeros(N))
    parts = [bounds(x, variables) for x in children(expr)]
    shallow, names = _with_names(expr)
    given = {n: p.value for n, p in zip(names, parts)}
    value = np.broadcast_to(evaluate(shallow, given), N)
    error = np.zeros(N)
    if value.dtype.kind == "f" and parts:
        error = ULPS * np.spacing(np.abs(value, where=np.isfinite(value), out=np.zeros(N)))
        error[np.abs(value) > HUGE] = np.inf
    if isinstance(expr, Binary) and expr.op in ("*", "**"):
        error[np.isinf(value)] = np.inf  # as a part of a fused sum, a product may not overflow
    if isinstance(expr, FunctionCall) and expr.function in ("sin", "cos", "tan"):
        error[parts[0].error > 0.1] = np.inf  # corners a period apart say nothing
    if isinstance(expr, Binary) and expr.op == "%":
        error[_wraps(*parts)] = np.inf
    moved = [n for n, p in zip(names, parts) if p.error.any()]
    spread = np.zeros(N)
    for corner in itertools.product((-1, 1), repeat=len(moved)):
        sides = dict(zip(moved, corner))
        at = {n: _moved(p, sides.get(n, 0)) for n, p in zip(names, parts)}
        other = np.broadcast_to(evaluate(shallow, at), N)
        spread = np.maximum(spread, _distance(value, other))
    with np.errstate(over="ignore"):
        return Bounded(value, error + 2 * spread)


def _wraps(a: Bounded, b: Bounded) -> NDArray[np.bool_]:
    """Where the errors of dividend and divisor move the remainder by much of the divisor."""
    dividend, divisor = a.value.astype(np.float64), b.value.astype(np.float64)
    with np.errstate(all="ignore"):
        moved = a.error + np.abs(dividend / divisor) * b.error
        return moved > 0.1 * np.abs(divisor)


def _with_names(expr: Expr) -> tuple[Expr, list[str]]:
    """The node over names in place of its operands; literals stay, since they may decide types."""
    names: list[str] = []

    def named(x: Expr) -> Expr:
        names.append(f"_{len(names)}")
        return x if isinstance(x, Number) else Name(names[-1])

    changes: dict[str, object] = {}
    for f in fields(expr):
        part = getattr(expr, f.name)
        if isinstance(part, tuple):
            changes[f.name] = tuple(named(x) for x in part)
        elif f.name != "span" and any(part is x for x in children(expr)):
            changes[f.name] = named(part)
    return (replace(expr, **changes), names) if changes else (expr, names)  # type: ignore[arg-type]


def _moved(part: Bounded, side: int) -> Array:
    if not side or not part.error.any():
        return part.value
    if part.value.dtype.kind == "b":
        return part.value ^ (part.error > 0)
    with np.errstate(all="ignore"):
        moved = part.value + side * part.error
    if part.value.dtype.kind == "i":
        return np.clip(moved, -(2.0**62), 2.0**62).astype(np.int64)
    return moved


def _distance(a: Array, b: Array) -> NDArray[np.float64]:
    """|a - b|; 0 for equal infinities and for two nan, inf for one nan."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        distance = np.abs(x - y)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))


# ------------------------------------------------------------------ backends
def run_backend(
    backend: Backend, exprs: Sequence[tuple[Expr, Type]], variables: Mapping[str, Array]
) -> list[Array]:
    """The value of each expression, (N,), all from one kernel."""
    bindings: dict[str, Binding] = {}
    for name, symbol in SYMBOLS.items():
        slot = Slot(name, _STORED[symbol.type], len(variables[name]))
        slot.data[:] = variables[name]
        bindings[name] = Element(slot, Index.SHARED if symbol.shared else Index.OWN)
    for expr, _ in exprs:
        for name in names_in(expr) - set(bindings):
            symbol = default_symbol(name)
            assert symbol is not None
            assert symbol.value is not None
            bindings[name] = Literal(symbol.value)
    outputs = [Slot(f"out{k}", _RESULT[t], N) for k, (_, t) in enumerate(exprs)]
    for k, slot in enumerate(outputs):
        bindings[f"out{k}"] = Element(slot, Index.OWN)
    builder = KernelBuilder(bindings)
    for k, (expr, _) in enumerate(exprs):
        builder.assign(Assign(f"out{k}", None, expr))
    part = Part(Slot("first", I64), Slot("size", I64, fill=N))
    kernel = builder.finish("fuzz", Elementwise(part))
    clock = ClockState(1.0)
    clock.slots.end.data[0] = 1
    program = Program((Call(kernel, 0),), (clock.slots,))
    with np.errstate(all="ignore"):
        execute(program, backend.compile(program), RunHooks({}))
    return [slot.data.copy() for slot in outputs]


def wrong_elements(bounded: Bounded, met: Array) -> NDArray[np.int64]:
    """Where a result is outside its bound."""
    distance = _distance(bounded.value, met)
    return np.flatnonzero(~(distance <= bounded.error))


# ------------------------------------------------------------------ the search
def made(generator: Generator) -> tuple[Expr, Type]:
    """An expression that went through text, parser and checker."""
    tree, type_, dim = generator.any()
    text = render(tree)
    expr = parse_expression(text)
    faults = FaultList()
    kind = infer(expr, SYMBOLS, faults)
    assert not faults.faults, f"{text}: {faults.faults[0].message}"
    assert (kind.type, kind.dim) == (type_, dim), f"{text}: {kind}, made as {type_}, {dim}"
    return expr, type_


def compare(
    exprs: Sequence[tuple[Expr, Type]],
    variables: Mapping[str, Array],
    backends: Mapping[str, Backend],
) -> list[str]:
    """What disagrees: one line for each expression and backend."""
    found: list[str] = []
    limits = [bounds(expr, variables) for expr, _ in exprs]
    for name, backend in backends.items():
        results = run_backend(backend, exprs, variables)
        for (expr, _), limit, met in zip(exprs, limits, results):
            bad = wrong_elements(limit, met)
            if bad.size:
                k = int(bad[0])
                wide = {
                    n: np.broadcast_to(variables[n], N)[k]
                    for n in sorted(names_in(expr) & set(variables))
                }
                found.append(
                    f"{name}: {render(expr)}: {met[k]!r} for {limit.value[k]!r} "
                    f"(bound {limit.error[k]:.2g}, {bad.size} of {N}) at {wide}"
                )
    return found


def search(n: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Compare n expressions; how often each kind of node occurred, and what disagreed."""
    generator = Generator(seed)
    rng = np.random.default_rng(seed)
    backends: dict[str, Backend] = {"llvm": LlvmBackend(), "numpy": ReferenceBackend()}
    nodes: Counter[str] = Counter()
    found: list[str] = []
    for start in range(0, n, PER_KERNEL):
        exprs = [made(generator) for _ in range(min(PER_KERNEL, n - start))]
        nodes.update(_kind(x) for expr, _ in exprs for x in walk(expr))
        found += compare(exprs, values(rng), backends)
    return nodes, found


def _kind(node: Expr) -> str:
    name = getattr(node, "function", None) or getattr(node, "op", None)
    return str(name or type(node).__name__)


def main() -> None:
    given = search_options(__doc__, 2000)
    started = time.perf_counter()
    nodes, found = search(given.n, given.seed)
    for line in found[:60]:
        print(line[:500])
    print(", ".join(f"{kind} {count}" for kind, count in nodes.most_common()))
    print(f"{given.n} expressions, {sum(nodes.values())} nodes, seed {given.seed}: ", end="")
    print(f"{len(found)} disagree, {time.perf_counter() - started:.0f} s")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
