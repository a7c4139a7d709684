"""From the code of an object to a kernel: names resolved, checked, lowered.

    resolve    each name that the code uses gets its Meaning; unknown names are faults
    check      types and dimensions
    lower      through ir.builder

A `Runner` is an object that runs code in each step. Before each run it resolves its names again:
the values of constants go to memory, and only when the structure has changed (a type, a
dimension, another method) is its kernel made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import FunctionType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import (
    Fault,
    FaultList,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    Span,
    UnknownNameError,
    did_you_mean,
    raise_faults,
)
from rheobase.integration.system import Loop
from rheobase.ir.builder import Alias, Binding, Element, KernelBuilder
from rheobase.ir.domains import Index, Python, Record
from rheobase.ir.dtypes import BOOL, F64, DType
from rheobase.ir.kernels import Kernel, Stream
from rheobase.ir.passes import multiply_by_reciprocals, optimize, write_shared_once
from rheobase.ir.slots import Slot
from rheobase.lang.check import check_expression, check_statements
from rheobase.lang.functions import FUNCTIONS, FunctionInfo, called_in
from rheobase.lang.habits import function_hint, name_hint
from rheobase.lang.nodes import Assign, Binary, Call, Expr, Name, names_in, render, walk
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.base import SimulationObject, Work
from rheobase.model.blocks import Block, Resolution, Result
from rheobase.model.callbacks import PythonCall, split_calls
from rheobase.model.clock import Clock
from rheobase.model.literals import numbers_as_data
from rheobase.model.lookups import Lookups
from rheobase.model.variables import Meaning, Reach
from rheobase.runtime import random
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import run_once
from rheobase.runtime.random import new_stream_state
from rheobase.topics import topic

__all__ = ["Block", "CodeOwner", "Resolution", "Result", "Runner", "listed", "lower", "resolve"]


class CodeOwner(Protocol):
    """An object whose variables code may use: a group, synapses."""

    @property
    def _label(self) -> str: ...

    @property
    def _float_dtype(self) -> DType:
        """The type of literals and of results that nothing else decides."""
        ...

    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        """What a name means in the owner's code, when own variables are reached by `index`."""
        ...

    def _known_names(self) -> Collection[str]:
        """The names of its variables, for suggestions."""
        ...

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        """What a called name means in the owner's code."""
        ...


def resolve(
    names: Collection[str],
    owner: CodeOwner,
    namespace: Mapping[str, Any],
    *,
    optional: Collection[str] = (),
    local: Mapping[str, Meaning] | None = None,
    exponents: Collection[str] = (),
    faults: FaultList,
    places: Mapping[str, Name] | None = None,
    calls: Mapping[str, Call] | None = None,
) -> Resolution:
    """Find the meaning of each name; a fault for each that has none.

    optional    names that need no meaning: temporaries
    exponents   names whose value belongs to the structure, since dimensions depend on it
    places      where a name stands, for the message
    calls       the functions that are called, and where
    """
    symbols: dict[str, Symbol] = {}
    bindings: dict[str, Binding] = {}
    for name in sorted(names):
        found = (local or {}).get(name) or owner._meaning(name, namespace)
        if isinstance(found, Meaning):
            symbols[name], bindings[name] = found.symbol, found.binding
        elif found is not None:
            for fault in (found,) if isinstance(found, Fault) else found:
                faults.faults.append(_placed(fault, name, places))
        elif name not in optional:
            span = places[name].span if places and name in places else None
            known = [*owner._known_names(), *_numbers_in(namespace)]
            value, function = namespace.get(name), owner._function(name, namespace)
            faults.faults.append(unknown_name(name, owner._label, span, known, value, function))
    signature = tuple(
        (name, s.type, s.dim, s.shared, s.value if name in exponents else None)
        for name, s in symbols.items()
    )
    functions = resolve_functions(calls or {}, owner, namespace, faults)
    own = tuple((n, f) for n, f in sorted(functions.items()) if FUNCTIONS.get(n) is not f)
    called = tuple(f for b in bindings.values() for f in _functions_behind(b))
    places_met = tuple(map(_places, bindings.values()))
    signature = (*signature, own, called, places_met)
    return Resolution(symbols, bindings, signature, {**FUNCTIONS, **functions})


def _places(binding: Binding) -> object:
    """Which memory a binding reaches, and how: changes when a variable is linked anew."""
    match binding:
        case Element(slot=slot, index=index):
            return id(slot), _places(index) if isinstance(index, Element) else index
        case Alias(bindings=inner):
            return tuple(map(_places, inner.values()))
        case _:
            return None


def resolve_functions(
    calls: Mapping[str, Call],
    owner: CodeOwner,
    namespace: Mapping[str, Any],
    faults: FaultList,
) -> dict[str, FunctionInfo]:
    """Find the meaning of each called name; a fault for each that has none."""
    functions: dict[str, FunctionInfo] = {}
    for name, call in calls.items():
        found = owner._function(name, namespace)
        if isinstance(found, FunctionInfo):
            functions[name] = found
        elif found is not None:
            span = found.span or call.span
            faults.faults.append(Fault(found.error, found.message, span, found.hint))
        else:
            faults.faults.append(_unknown_function(call, owner, namespace))
    return functions


def _functions_behind(binding: Binding) -> tuple[FunctionInfo, ...]:
    """The functions that subexpressions call, defaults aside."""
    if not isinstance(binding, Alias):
        return ()
    own = tuple(
        f
        for n in sorted(called_in((binding.expr,)))
        if FUNCTIONS.get(n) is not (f := binding.functions[n])
    )
    return own + tuple(f for b in binding.bindings.values() for f in _functions_behind(b))


def _unknown_function(call: Call, owner: CodeOwner, namespace: Mapping[str, Any]) -> Fault:
    name = call.function
    if isinstance(owner._meaning(name, namespace), Meaning):
        message, hint = f"'{name}' is no function.", "Is a * missing before the '('?"
        return Fault(ModelSyntaxError, message, call.span, hint)
    known = [n for n in FUNCTIONS if not n.startswith("_")]
    known += [n for n, v in namespace.items() if callable(v) and not n.startswith("_")]
    message = f"The function '{name}' is unknown."
    hint = function_hint(name) or did_you_mean(name, known)
    return Fault(UnknownNameError, message, call.span, hint)


def _placed(fault: Fault, name: str, places: Mapping[str, Name] | None) -> Fault:
    if fault.span is not None or not places or name not in places:
        return fault
    return Fault(fault.error, fault.message, places[name].span, fault.hint, fault.label)


def unknown_name(
    name: str,
    label: str,
    span: Span | None,
    known: Collection[str],
    value: Any = None,
    function: object = None,
) -> Fault:
    """The fault of a name that means nothing to the owner called `label`.

    known      names that mean something
    value      what the script calls so: no number, since that would have been a constant
    function   what a call of it would mean
    """
    if isinstance(function, FunctionInfo):
        message = f"'{name}' is a function of the script: it wants arguments."
        hint = f"Write {name}({', '.join(function.parameters)})."
        plain = isinstance(value, FunctionType)  # not made for models: as good as unknown
        error = UnknownNameError if plain else ModelValueError
        return Fault(error, message, span, hint, "" if span else label)
    if isinstance(value, (str, list, tuple, dict, set)):
        kind = type(value).__name__  # pyright: ignore[reportUnknownArgumentType]
        message = f"'{name}' is a {kind} in the script: a constant is one number, with its unit."
        return Fault(UnknownNameError, message, span, "", "" if span else label)
    message = (
        f"'{name}' is unknown: it is no variable here, no unit, and no number of that name is in "
        "the script or the namespace."
    )
    hint = name_hint(name) or did_you_mean(name, known)
    return Fault(UnknownNameError, message, span, hint, "" if span else label)


def _numbers_in(namespace: Mapping[str, Any]) -> list[str]:
    return [k for k, v in namespace.items() if hasattr(v, "__float__") and not k.startswith("_")]


def name_places(expressions: Sequence[Expr]) -> dict[str, Name]:
    """The first node of each name."""
    found: dict[str, Name] = {}
    for expr in expressions:
        for node in walk(expr):
            if isinstance(node, Name):
                found.setdefault(node.id, node)
    return found


def exponents_in(expressions: Sequence[Expr]) -> set[str]:
    """Names on which a dimension may depend through an exponent."""
    found: set[str] = set()
    for expr in expressions:
        for node in walk(expr):
            if isinstance(node, Binary) and node.op == "**":
                found |= names_in(node.right)
    return found


def resolve_block(
    block: Block, owner: CodeOwner, namespace: Mapping[str, Any], faults: FaultList
) -> Resolution:
    expressions = block.expressions()
    return resolve(
        block.names(),
        owner,
        namespace,
        optional=block.temporaries(),
        local=block.local,
        exponents=exponents_in(expressions),
        faults=faults,
        places=name_places(expressions),
        calls=called_in(expressions),
    )


def check_block(
    block: Block, resolution: Resolution, faults: FaultList, known_names: Collection[str] = ()
) -> None:
    """Types and dimensions of all code of a block; `known_names` are for suggestions."""
    functions = resolution.functions
    symbols = _in_any_unit(block, resolution) if block.any_unit else resolution.symbols
    temporaries = check_statements(block.statements, symbols, faults, functions, known_names)
    scope = {**symbols, **temporaries}
    n_faults = len(faults.faults)
    for result in block.parts:
        check_result(result, scope, faults, functions)
    if len(faults.faults) > n_faults:
        return
    for result in block.results:
        check_result(result, scope, faults, functions)


def _in_any_unit(block: Block, resolution: Resolution) -> Mapping[str, Symbol]:
    """The symbols, where what is assigned to is in the unit of the value."""
    symbols = dict(resolution.symbols)
    for s in block.statements:
        kind = check_expression(s.value, symbols, None, FaultList(), s.target, resolution.functions)
        if kind is not None and s.target in symbols:
            symbols[s.target] = replace(symbols[s.target], dim=kind.dim)
    return symbols


def check_result(
    result: Result,
    scope: Mapping[str, Symbol],
    faults: FaultList,
    functions: Mapping[str, FunctionInfo] = FUNCTIONS,
    unknown: Collection[str] = (),
) -> None:
    """The value of an expression: its names, its dimension, and that it is a condition or none."""
    kind = check_expression(result.expr, scope, result.dim, faults, result.what, functions, unknown)
    wanted = result.dtype is BOOL
    if kind is not None and wanted != (kind.type is Type.BOOLEAN):
        faults.faults.append(_wrong_type(result, wanted))


def _wrong_type(result: Result, wanted_boolean: bool) -> Fault:
    met, to = ("a number", "true or false") if wanted_boolean else ("true or false", "a number")
    hint = "Compare it with something, e.g. 'v > 0*mV'." if wanted_boolean else "Use int(...)."
    what = result.what[0].upper() + result.what[1:]
    message = f"{what} must be {to}, but this is {met}."
    return Fault(ModelTypeError, message, result.expr.span, hint)


def lower(
    block: Block, resolution: Resolution, stream: Stream | None, float_dtype: DType = F64
) -> Kernel:
    """The kernel of a checked block."""
    builder = KernelBuilder(resolution.bindings, block.scatters, float_dtype, resolution.functions)
    if block.guard is not None:
        builder.write_where(block.guard)
    for statement in block.statements:
        builder.assign(statement)
    if block.loop is not None:
        _lower_loop(builder, block.loop)
    results = tuple(builder.typed(r.expr, r.dtype) for r in block.results)
    written = builder.finish(block.name, block.domain, results, stream, as_written=True)
    kernel = optimize(write_shared_once(written))
    return optimize(multiply_by_reciprocals(kernel)) if block.is_step else kernel


def _lower_loop(builder: KernelBuilder, loop: Loop) -> None:
    builder.begin_loop(loop.carried, loop.limit)
    for statement in loop.statements:
        builder.assign(statement)
    builder.end_loop(loop.again)
    for statement in loop.after:
        builder.assign(statement)


def lower_calls(
    block: Block,
    resolution: Resolution,
    stream: Callable[[int], Stream],
    owner: CodeOwner,
) -> tuple[Work, ...]:
    """The kernels of a checked block, and the calls of Python between them.

    stream   gives random numbers to each of its kernels
    """
    faults = FaultList()
    works: list[Work] = []
    for k, piece in enumerate(split_calls(block, resolution, faults)):
        if isinstance(piece, PythonCall):
            works.append(Work(Kernel(f"{block.name}, {piece.name}()", Python()), piece))
        else:
            kernel = lower(*piece, stream(k), owner._float_dtype)
            works.append(Work(kernel, full=piece[0].full if _records(kernel) else None))
    raise_faults(faults.faults, f"{owner._label}, {block.name}")
    return tuple(works)


def _records(kernel: Kernel) -> bool:
    return isinstance(kernel.domain, Record)


class RunNow:
    """A block that is run now, and perhaps again: resolved, checked and lowered once.

    Raises all faults together.
    """

    def __init__(self, block: Block, owner: CodeOwner, namespace: Mapping[str, Any]) -> None:
        faults = FaultList()
        resolution = resolve_block(block, owner, namespace, faults)
        if not faults.faults:
            check_block(block, resolution, faults, owner._known_names())
        raise_faults(faults.faults, f"{owner._label}, {block.name}")
        block, numbers = numbers_as_data(block)
        resolution = resolution.with_local(numbers)
        step = ClockState(1.0).slots.step

        def stream(number: int) -> Stream:
            return Stream(new_stream_state(f"{block.name} {number}"), step)

        self._works = lower_calls(block, resolution, stream, owner)

    def __call__(self) -> None:
        """Run it, with random numbers of its own each time."""
        for work in self._works:
            if work.kernel.stream is not None:
                random.write_stream(work.kernel.stream.state, random.take_streams(), 0)
        run_works(self._works)


def run_block(block: Block, owner: CodeOwner, namespace: Mapping[str, Any]) -> None:
    """Resolve, check and run a block now; raises all faults together."""
    RunNow(block, owner, namespace)()


def run_works(works: Sequence[Work]) -> None:
    """Do once, now, what a step would do."""
    for work in works:
        if work.python is not None:
            work.python()
        else:
            run_once(work.kernel, full=work.full)


_PIECES = 1000  # streams of random numbers are numbered block * _PIECES + piece


def make_room(works: Sequence[Work]) -> None:
    """Before a run: groups of synapses may have grown."""
    for work in works:
        if isinstance(work.python, PythonCall):
            work.python.make_room()


def listed(statements: Iterable[Assign]) -> list[str]:
    """Statements as text."""
    return [f"{s.target} {s.op or ''}= {render(s.value)}" for s in statements]


class Runner(SimulationObject):
    """An object that runs blocks of code of its owner in each step.

    blocks   makes the blocks: called before each run; cheap, and equal while nothing has changed

    >>> from rheobase import NeuronGroup, ms
    >>> cells = NeuronGroup(1, 'x : 1', name='cells')
    >>> cells.run_regularly('x += 1', dt=1*ms)
    <RegularCode 'cells_run_regularly'>
    """

    def __init__(
        self,
        owner: CodeOwner,
        name: str,
        blocks: Callable[[], Sequence[Block]],
        *,
        when: str,
        order: int = 0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, when, order, clock=clock)
        self.owner = owner
        self._blocks = blocks
        self._kept: dict[int, tuple[Block, tuple[object, ...], tuple[Work, ...]]] = {}
        self._works: tuple[Work, ...] = ()
        self._blocks_before: tuple[Block, ...] = ()
        self._lookups: Lookups | None = None
        self._streams: dict[int, Slot] = {}
        self._seeded: dict[Slot, int] = {}  # the seed() from which each stream was taken

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        blocks = tuple(self._blocks())
        if self.is_as_before(namespace) and blocks == self._blocks_before:
            make_room(self._works)
            return
        self._lookups = None
        lookups = Lookups(namespace)
        works: list[Work] = []
        for k, block in enumerate(blocks):
            works += self._works_of(k, block, lookups)
        self._works = tuple(works)
        self._blocks_before, self._lookups = blocks, lookups

    def listing(self) -> list[str]:
        """Its conditions and statements as text, with what was added to the user's own."""
        lines: list[str] = []
        for block in self._blocks():
            lines += listed(block.statements)
            lines += [render(r.expr) for r in block.parts or block.results]
        return lines

    def is_as_before(self, namespace: Mapping[str, Any]) -> bool:
        """Whether all names mean what they meant when the object was last prepared."""
        return self._lookups is not None and self._lookups.still_holds(namespace)

    def _works_of(
        self, number: int, block: Block, namespace: Mapping[str, Any]
    ) -> tuple[Work, ...]:
        faults = FaultList()
        resolution = resolve_block(block, self.owner, namespace, faults)
        raise_faults(faults.faults, f"{self.owner._label}, {block.name}")
        kept = self._kept.get(number)
        if kept and kept[0] == block and kept[1] == resolution.signature:
            make_room(kept[2])
            return kept[2]
        if not block.checked:
            check_block(block, resolution, faults, self.owner._known_names())
            raise_faults(faults.faults, f"{self.owner._label}, {block.name}")
            self._warn_of_unread(block, resolution)
        works = self.lowered(number, block, resolution)
        self._kept[number] = (block, resolution.signature, works)
        return works

    def _warn_of_unread(self, block: Block, resolution: Resolution) -> None:
        """Say which names are set and never read: most often a variable that is misspelt."""
        read = frozenset[str]().union(*map(names_in, block.expressions()))
        read |= frozenset[str]().union(*(names_in(r.expr) for r in block.parts))
        changed = {s.target for s in block.statements if s.op}  # x += 1 reads it
        for name in sorted(block.temporaries() - read - changed - resolution.symbols.keys()):
            near = did_you_mean(name, self.owner._known_names())
            topic("unread_temporary").warning(
                "%s, %s: '%s' is no variable here, so '%s = ...' sets a name of this code that "
                "nothing reads. %s",
                self.owner._label, block.name, name, name, near,
            )  # fmt: skip

    def lowered(self, number: int, block: Block, resolution: Resolution) -> tuple[Work, ...]:
        """What a checked block does, with random numbers of its own for each kernel."""
        first = number * _PIECES
        return lower_calls(block, resolution, lambda k: self.stream(first + k), self.owner)

    def stream(self, number: int) -> Stream:
        """Random numbers of its own for each block."""
        if number not in self._streams:
            self._streams[number] = new_stream_state(f"{self.name} {number}")
        return Stream(self._streams[number], self.clock.state.slots.step)

    def seed_stream(self, state: Slot) -> None:
        """Take a new stream if seed() was called since the last one was taken."""
        random.look_at_numpy()
        if self._seeded.get(state) != random.generation():
            random.write_stream(state, random.take_streams(), self.clock.timestep)
            self._seeded[state] = random.generation()

    def saved_streams(self) -> dict[int, NDArray[np.int64]]:
        """For a checkpoint: the streams in use, by block."""
        now = random.generation()
        return {k: s.data.copy() for k, s in self._streams.items() if self._seeded.get(s) == now}

    def restore_streams(self, streams: Mapping[int, NDArray[np.int64]]) -> None:
        """Go on with streams of a checkpoint; blocks that are not among them take new ones."""
        self._seeded.clear()
        for number, values in streams.items():
            state = self.stream(number).state
            state.assign(values)
            self._seeded[state] = random.generation()

    def _work(self) -> Sequence[Work]:
        return self._works

    def _dependencies(self) -> Sequence[SimulationObject]:
        owner = [self.owner] if isinstance(self.owner, SimulationObject) else []
        return [*owner, *super()._dependencies()]

    def _restored(self) -> None:
        self._lookups = None
        self._kept.clear()  # blocks may have been made for other lengths of delay
