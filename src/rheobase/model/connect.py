"""connect(): from a condition or a generator expression to a Generate kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import (
    FaultList,
    ModelIndexError,
    ModelTypeError,
    ModelValueError,
    raise_faults,
)
from rheobase.ir.builder import Alias, Binding, Element, Entry, KernelBuilder, Literal, Position
from rheobase.ir.domains import Generate, Index, Part, Range, Sample, SampleSize
from rheobase.ir.dtypes import BOOL, F64, I64
from rheobase.ir.kernels import Kernel, Stream
from rheobase.ir.program import Status
from rheobase.ir.slots import Buffer, Slot
from rheobase.lang.check import check_expression
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.lang.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Number,
    Unary,
    names_in,
    walk,
)
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import CodeOwner, exponents_in, name_places, resolve
from rheobase.model.connections import end_of, number_type
from rheobase.model.generators import Generator
from rheobase.model.variables import Meaning
from rheobase.records import record
from rheobase.runtime import random
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import GenerateError, run_once
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["Generated", "Request", "expressions_of", "generate", "reaches"]


@record
class Request:
    """What connect() asks for.

    side      PRE: an outer loop over sources, whose candidates are targets; POST: the reverse
    p, n      probability and number of copies of each pair
    numbers   what p and n are, where they were given as numbers
    positions   of a side whose elements do not stand one after the other: I32 (n,), where they do
    """

    generator: Generator
    side: Index
    outer: Part
    inner: Part
    p: Expr
    n: Expr
    skip_invalid: bool
    numbers: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])
    positions: Mapping[Index, Slot] = field(default_factory=dict[Index, Slot])


@record
class Generated:
    """counts (n_outer,) pairs of each outer element; others (n,) the other side, from 0."""

    counts: NDArray[np.int64]
    others: Slot


def generate(owner: CodeOwner, request: Request, namespace: Mapping[str, Any]) -> Generated:
    """Make the pairs.

    Raises ModelError for code that does not fit, ModelIndexError for targets outside the group.
    """
    kernel, domain = _kernel(owner, request, namespace)
    return _run(owner, request, kernel, domain)


class PairGenerator:
    """Makes pairs again and again by one rule, as `generate` does once."""

    def __init__(self, owner: CodeOwner, request: Request, namespace: Mapping[str, Any]) -> None:
        self._owner = owner
        self._request = request
        self._kernel, self._domain = _kernel(owner, request, namespace)
        self._is_new = True

    def make(self) -> Generated:
        """Pairs that hold until the next call."""
        stream = self._kernel.stream
        if stream is not None and not self._is_new:
            random.write_stream(stream.state, random.take_streams(), 0)
        self._is_new = False
        self._domain.cursor.data[:] = 0
        return _run(self._owner, self._request, self._kernel, self._domain)


def _run(owner: CodeOwner, request: Request, kernel: Kernel, domain: Generate) -> Generated:
    try:
        run_once(kernel)
    except GenerateError as error:
        if error.status is Status.BAD_SIZE:
            raise _bad_size(owner, request, error) from None
        pair = (error.outer, error.target)
        i, j = pair if request.side is Index.PRE else pair[::-1]
        size = int(request.inner.size.data[0])
        what = "target" if request.side is Index.PRE else "source"
        raise ModelIndexError(
            f"{owner._label}: connect() made the pair i = {i}, j = {j}, but the {what} has only "
            f"{size} elements (0 to {size - 1}). Leave such pairs out with a condition, or with "
            "skip_if_invalid=True."
        ) from None
    n = int(domain.cursor.data[0])
    domain.targets.resize(n)
    return Generated(domain.counts.data.astype(np.int64), domain.targets)


def _bad_size(owner: CodeOwner, request: Request, error: GenerateError) -> ModelIndexError:
    name = "i" if request.side is Index.PRE else "j"
    return ModelIndexError(
        f"{owner._label}: connect() was to choose {error.target} candidates for {name} = "
        f"{error.outer}, but there are fewer (or that is less than none). With "
        "skip_if_invalid=True the nearest possible number is taken."
    )


def _kernel(
    owner: CodeOwner, request: Request, namespace: Mapping[str, Any]
) -> tuple[Kernel, Generate]:
    symbols, bindings, functions = _resolve(owner, request, namespace)
    request = _settle_probability(request, bindings)
    element = _whole(request.generator.element, symbols)
    request = replace(request, generator=replace(request.generator, element=element))
    _check(request, symbols, functions)
    generator = _skip_outer(request, bindings, functions)
    state = random.new_stream_state("connect")
    random.write_stream(state, random.take_streams(), 0)
    stream = Stream(state, ClockState(1.0).slots.step)
    generator = _with_absent(request, generator, bindings)
    builder = KernelBuilder(bindings, functions=functions)
    low, high, step = (
        builder.typed(e, I64) for e in (generator.low, generator.high, generator.step)
    )
    candidates: Range | Sample | SampleSize = Range(low, high, step)
    if generator.size is not None:
        candidates = SampleSize(low, high, step, builder.typed(generator.size, I64))
    elif generator.p is not None:
        candidates = Sample(low, high, step, builder.typed(generator.p, F64))
    target = builder.typed(generator.element, I64)
    condition = builder.typed(generator.condition or Number(True), BOOL)
    copies = builder.typed(request.n, I64)
    n_outer = int(request.outer.size.data[0])
    domain = Generate(
        request.side,
        request.outer,
        request.inner,
        candidates,
        Slot("counts", I64, n_outer),
        Buffer("targets", number_type(end_of(request.inner)), _expected(request, symbols)),
        Slot("cursor", I64, 2),
        request.skip_invalid,
    )
    kernel = builder.finish("connect", domain, (target, condition, copies), stream)
    made = kernel.domain
    assert isinstance(made, Generate)
    return kernel, made


def expressions_of(request: Request) -> list[Expr]:
    g = request.generator
    found = [g.element, g.low, g.high, g.step, request.p, request.n]
    return found + [e for e in (g.p, g.size, g.condition) if e is not None]


def _resolve(
    owner: CodeOwner, request: Request, namespace: Mapping[str, Any]
) -> tuple[dict[str, Symbol], dict[str, Binding], Mapping[str, FunctionInfo]]:
    generator = request.generator
    count = Meaning(
        Symbol("_n_inner", Type.INTEGER, shared=True, constant=True),
        Element(request.inner.size, Index.SHARED),
    )
    local = {"_n_inner": count, **request.numbers}
    whole = isinstance(generator.element, Name) and generator.element.id == generator.variable
    candidate = Meaning(Symbol(generator.variable or "", Type.INTEGER), Position("k"))
    if generator.variable is not None:
        local[generator.variable] = candidate
    inner_name = _inner_name(request)
    expressions = expressions_of(request)
    faults = FaultList()
    resolution = resolve(
        frozenset[str]({"_n_inner"}).union(*map(names_in, expressions)) - {inner_name},
        owner,
        namespace,
        local=local,
        exponents=exponents_in(expressions),
        faults=faults,
        places=name_places(expressions),
        calls=called_in(expressions),
    )
    raise_faults(faults.faults, f"{owner._label}, connect")
    symbols = dict(resolution.symbols)
    bindings = {n: _by_number(b, request.positions) for n, b in resolution.bindings.items()}
    symbols[inner_name] = Symbol(inner_name, Type.INTEGER)
    functions = resolution.functions
    bindings[inner_name] = (
        candidate.binding if whole else Alias(generator.element, dict(bindings), functions)
    )
    if not whole:
        made = bindings[inner_name]
        bindings = {n: _looked_up(b, request, made) for n, b in bindings.items()}
        bindings[inner_name] = made
    _check_bounds(owner, request, bindings)
    return symbols, bindings, functions


def _by_number(binding: Binding, positions: Mapping[Index, Slot]) -> Binding:
    """What a binding is where pre and post are numbers of elements that stand at `positions`."""
    match binding:
        case Position(which="pre" | "post" as which) if Index(which) in positions:
            return Position(which)
        case Element(index=Index() as side) if side in positions:
            return replace(binding, index=Element(positions[side], side))
        case Element(index=Element() as reached):
            inner = _by_number(reached, positions)
            assert isinstance(inner, Element)
            return replace(binding, index=inner)
        case Alias(bindings=bindings):
            found = {n: _by_number(b, positions) for n, b in bindings.items()}
            return replace(binding, bindings=found)
        case _:
            return binding


def _looked_up(binding: Binding, request: Request, made: Binding) -> Binding:
    """What a name means where the index of the other side is computed: `made`."""
    inner = _inner_side(request)
    match binding:
        case Position(which=which) if which == inner.value:
            return made
        case Element(index=Element() as reached) if reaches(reached, inner):
            return Entry(binding.slot, _looked_up(reached, request, made))
        case Element(index=index) if index is inner:
            return Entry(binding.slot, made, request.inner.first)
        case Alias(expr=expr, bindings=bindings):
            found = {n: _looked_up(b, request, made) for n, b in bindings.items()}
            return replace(binding, expr=expr, bindings=found)
        case _:
            return binding


def _check_bounds(owner: CodeOwner, request: Request, bindings: Mapping[str, Binding]) -> None:
    """What bounds the candidates is known before there is one."""
    g = request.generator
    inner, name = _inner_side(request), "i" if request.side is Index.PRE else "j"
    bounds = [g.low, g.high, g.step, *(e for e in (g.p, g.size) if e is not None)]
    for expr in bounds:
        for used in sorted(names_in(expr)):
            if used in bindings and reaches(bindings[used], inner):
                raise ModelValueError(
                    f"{owner._label}, connect: '{used}' depends on the candidate, so it cannot "
                    f"decide which candidates there are; range and sample know '{name}' and its "
                    "variables only"
                )


def reaches(binding: Binding, index: Index) -> bool:
    """Whether a value depends on the element that `index` means, or on the candidate."""
    match binding:
        case Entry(position=position):
            return reaches(position, index)
        case Literal():
            return False
        case Position(which=which):
            return which in ("k", index.value)
        case Element(index=Element() as inner):
            return reaches(inner, index)
        case Element(index=reached):
            return reached is index
        case Alias(expr=expr, bindings=inner_bindings):
            names = names_in(expr) & set(inner_bindings)
            return any(reaches(inner_bindings[n], index) for n in names)


def _whole(expr: Expr, symbols: Mapping[str, Symbol]) -> Expr:
    """The expression as a whole number, where all that it is made of is whole: (-1)**k."""
    for node in walk(expr):
        whole = (
            (isinstance(node, Binary) and node.op != "/")
            or (isinstance(node, Number) and isinstance(node.value, int))
            or (isinstance(node, Name) and symbols[node.id].type is Type.INTEGER)
            or isinstance(node, Unary)
        )
        if not whole:
            return expr
    if not any(isinstance(node, Binary) and node.op == "**" for node in walk(expr)):
        return expr
    nearest = Call("floor", (Binary("+", expr, Number(0.5), span=expr.span),), span=expr.span)
    return Call("int", (nearest,), span=expr.span)


def _settle_probability(request: Request, bindings: Mapping[str, Binding]) -> Request:
    """p= becomes sampling of the candidates; where it depends on them, a draw for each pair."""
    p = request.p
    if isinstance(p, Number) and p.value == 1:
        return request
    generator = request.generator
    if generator.variable not in (None, "_k"):
        raise ModelValueError(
            "p= cannot be given together with a generator; write sample(..., p=...) in it"
        )
    inner = _inner_side(request)
    depends = any(reaches(bindings[n], inner) for n in names_in(p) if n in bindings)
    if depends or generator.variable is None:
        chosen = Compare("<", Call("rand", ()), p)
        given = generator.condition
        parts = given.operands if given and _is_conjunction(given) else (given,) if given else ()
        condition = _conjunction((*parts, chosen))
        return replace(request, generator=replace(generator, condition=condition))
    return replace(request, generator=replace(generator, p=p))


def _inner_name(request: Request) -> str:
    return "j" if request.side is Index.PRE else "i"


def _inner_side(request: Request) -> Index:
    return Index.POST if request.side is Index.PRE else Index.PRE


def _skip_outer(
    request: Request, bindings: Mapping[str, Binding], functions: Mapping[str, FunctionInfo]
) -> Generator:
    """Where a condition speaks of the outer element alone and is false, there are no candidates."""
    generator = request.generator
    condition = generator.condition
    if condition is None:
        return generator
    parts = condition.operands if _is_conjunction(condition) else (condition,)
    inner = _inner_side(request)
    outer_only = [
        e
        for e in parts
        if _inner_name(request) not in names_in(e)
        and not any(_depends(bindings[n], inner) for n in names_in(e) if n in bindings)
        and not any(isinstance(x, Call) and not functions[x.function].stateless for x in walk(e))
    ]
    rest = [e for e in parts if e not in outer_only]
    high, size = generator.high, generator.size
    for e in outer_only:
        high = Conditional(e, high, generator.low)
        size = size and Conditional(e, size, Number(0))
    return replace(generator, high=high, size=size, condition=_conjunction(rest))


def _with_absent(
    request: Request, generator: Generator, bindings: Mapping[str, Binding]
) -> Generator:
    """A condition on variables of the other neuron is met where there is no such neuron, so that
    the pair is refused, or skipped, and what the condition says of nothing does not matter."""
    condition, inner = generator.condition, _inner_side(request)
    if condition is None or generator.variable == "_k":
        return generator
    if not any(_reads(bindings[n], inner) for n in names_in(condition) if n in bindings):
        return generator
    index = Name(_inner_name(request))
    outside = Compare("<", index, Number(0)), Compare(">=", index, Name("_n_inner"))
    return replace(generator, condition=Logic("or", (*outside, condition)))


def _depends(binding: Binding, index: Index) -> bool:
    """Whether a value has to do with the element that `index` means, or with the candidate."""
    return reaches(binding, index) or _reads(binding, index)


def _reads(binding: Binding, index: Index) -> bool:
    """Whether a value is that of a variable of the element that `index` means."""
    match binding:
        case Entry():
            return True  # at the index that is computed
        case Element():
            return reaches(binding, index)
        case Alias(expr=expr, bindings=inner):
            return any(_reads(inner[n], index) for n in names_in(expr) & set(inner))
        case _:
            return False


def _is_conjunction(expr: Expr) -> TypeGuard[Logic]:
    return isinstance(expr, Logic) and expr.op == "and"


def _conjunction(parts: Sequence[Expr]) -> Expr | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return Logic("and", tuple(parts))


def _check(
    request: Request, symbols: Mapping[str, Symbol], functions: Mapping[str, FunctionInfo]
) -> None:
    """Types: whole numbers where elements are counted, a condition, a probability."""
    generator = request.generator
    faults = FaultList()
    whole = [
        (generator.element, "the index of the other neuron"),
        (generator.low, "the beginning of the range"),
        (generator.high, "the end of the range"),
        (generator.step, "the step of the range"),
        (request.n, "n"),
    ]
    if generator.size is not None:
        whole.append((generator.size, "the size of the sample"))
    for expr, what in whole:
        kind = check_expression(expr, symbols, DIMENSIONLESS, faults, what, functions)
        if kind is not None and kind.type is not Type.INTEGER:
            hint = "Use int(...) to round towards zero."
            message = f"{what[0].upper()}{what[1:]} must be a whole number."
            faults.add(ModelTypeError, message, expr.span, hint)
    if generator.condition is not None:
        kind = check_expression(
            generator.condition, symbols, None, faults, "the condition", functions
        )
        if kind is not None and kind.type is not Type.BOOLEAN:
            message = "The condition must be true or false, but this is a number."
            faults.add(ModelTypeError, message, generator.condition.span)
    if generator.p is not None:
        check_expression(generator.p, symbols, DIMENSIONLESS, faults, "p", functions)
    raise_faults(faults.faults)


def _expected(request: Request, symbols: Mapping[str, Symbol]) -> int:
    """Room for the pairs of connect(p=number), so that nothing need grow: mean + 6 sigma."""
    generator = request.generator
    pairs = int(request.outer.size.data[0]) * int(request.inner.size.data[0])
    p = generator.p
    if isinstance(p, Name) and p.id in symbols:
        value = symbols[p.id].value
    else:
        value = p.value if isinstance(p, Number) else None
    if value is None or generator.variable != "_k" or request.n != Number(1):
        return min(pairs, 1 << 16)
    value = min(max(float(value), 0.0), 1.0)
    return int(pairs * value + 6 * np.sqrt(pairs * value * (1 - value))) + 64
