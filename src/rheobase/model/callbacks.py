"""Blocks that call Python: split into kernels, with calls between them.

    x = a*f(v) + g(i)      _arg0 = v            a kernel
                           _call0 = f(_arg0)    Python, with the arrays of all elements
                           _arg1 = i            a kernel
                           _call1 = g(_arg1)    Python
                           x = a*_call0 + _call1

Statements keep their order: what stands before the call has happened for all elements when Python
is called. Temporaries get memory, so that they live from one kernel to the next.

Not possible where code runs event by event or pair by pair (synaptic pathways, connect()): an event
sees what earlier events of the same step have done, so its arguments are not known in advance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, FaultList, ModelTypeError
from rheobase.ir.builder import Alias, Binding, Element
from rheobase.ir.domains import (
    Bernoulli,
    Domain,
    Elementwise,
    Index,
    Indexed,
    Part,
    Record,
    Reduce,
    Select,
)
from rheobase.ir.slots import Slot
from rheobase.lang.check import check_statements, infer
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.lang.nodes import Assign, Binary, Call, Expr, Name, names_in, substitute, transform
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.blocks import Block, Resolution
from rheobase.model.externals import STORED
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["PythonCall", "split_calls"]


@record
class PythonCall:
    """One call of Python for all elements of a domain.

    args     where each argument stands, and whether it is one value for all
    out      where the results go
    scratch  further slots that need an entry for each element
    """

    name: str
    info: FunctionInfo
    domain: Domain
    args: tuple[tuple[Slot, bool], ...]
    out: Slot
    scratch: tuple[Slot, ...]

    def make_room(self) -> None:
        """Before a run: as many entries as there are elements now."""
        size = _size(self.domain)
        for slot in (*(s for s, _ in self.args), self.out, *self.scratch):
            slot.resize(size)

    def __call__(self) -> None:
        elements = _elements(self.domain)
        if not len(elements):
            return
        args = [s.data[elements[0]] if shared else s.data[elements] for s, shared in self.args]
        further = [elements] if self.info.indexed else []
        assert self.info.python is not None
        self.out.data[elements] = self.info.python(*args, *further)


def split_calls(
    block: Block, resolution: Resolution, faults: FaultList
) -> Sequence[tuple[Block, Resolution] | PythonCall]:
    """The kernels and calls that a block consists of; itself if it calls nothing in Python."""
    opened = _open_aliases(block, resolution)
    if opened is None:
        called = called_in(block.expressions())
        if not any(resolution.functions[n].callback for n in called if n in resolution.functions):
            return [(block, resolution)]
        opened = block, resolution
    if block.loop is not None:
        message = "A method that repeats its steps cannot stop in the middle to call Python."
        hint = "Integrate by 'rk4' or 'euler', or write the function so that it can be compiled."
        faults.add(ModelTypeError, message, hint=hint)
        return []
    return _Splitter(*opened, faults).pieces()


# ------------------------------------------------------------------ domains
def _before(domain: Domain) -> Domain | None:
    """The elements for which a block is computed, without what it does with the results."""
    match domain:
        case Elementwise() | Indexed() | Reduce():
            return domain
        case Select(part=part) | Bernoulli(part=part):
            return Elementwise(part)
        case Record(list=None):
            return Elementwise(Part(Slot("first", STORED[Type.INTEGER]), _one()))
        case Record(list=listed, part=part) if listed is not None and part is not None:
            return Indexed(listed, part)
        case _:
            return None


_ALL: Final = 2**31  # a part with more elements than there can be: whatever is listed


def _one() -> Slot:
    return Slot("one", STORED[Type.INTEGER], fill=1)


def _end(part: Part) -> int:
    return int(part.first.data[0] + part.size.data[0])


def _size(domain: Domain) -> int:
    match domain:
        case Indexed(list=listed, part=part) if _end(part) > _ALL:
            return int(listed.indices.data[: listed.count.data[0]].max(initial=-1)) + 1
        case Elementwise(part=part) | Indexed(part=part):
            return _end(part)
        case Reduce(others=others):
            return len(others)
        case _:
            raise AssertionError(f"no call of Python in {domain}")


def _elements(domain: Domain) -> NDArray[np.int64]:
    match domain:
        case Elementwise(part=part):
            return np.arange(int(part.first.data[0]), _end(part))
        case Indexed(list=listed, part=part):
            found = listed.indices.data[: listed.count.data[0]].astype(np.int64)
            return found[(found >= part.first.data[0]) & (found < _end(part))]
        case _:
            return np.arange(_size(domain))


# ------------------------------------------------------------------ subexpressions
def _calls_python(binding: Binding) -> bool:
    if not isinstance(binding, Alias):
        return False
    called = called_in([binding.expr])
    return any(binding.functions[n].callback for n in called if n in binding.functions) or any(
        _calls_python(b) for b in binding.bindings.values()
    )


def _open_aliases(block: Block, resolution: Resolution) -> tuple[Block, Resolution] | None:
    """With subexpressions that call Python written out; None if there are none."""
    found = False
    while True:
        names = frozenset[str]().union(*map(names_in, block.expressions()))
        opened = [n for n in sorted(names) if _calls_python(resolution.bindings.get(n))]  # type: ignore
        if not opened:
            return (block, resolution) if found else None
        found = True
        for name in opened:
            block, resolution = _open_alias(name, block, resolution)


def _open_alias(name: str, block: Block, resolution: Resolution) -> tuple[Block, Resolution]:
    alias = resolution.bindings[name]
    assert isinstance(alias, Alias)
    prefix = f"_in_{name}_"
    called = {n: f for n, f in alias.functions.items() if f.callback}
    names = {n: Name(prefix + n) for n in names_in(alias.expr) if n in alias.bindings}

    def renamed(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function in called:
            return replace(node, function=prefix + node.function)
        return None

    meant = transform(substitute(alias.expr, dict(names)), renamed)
    symbols = dict(resolution.symbols)
    for n, new in names.items():
        known = resolution.symbols.get(n) or Symbol(n, Type.FLOAT, DIMENSIONLESS)
        symbols[new.id] = replace(known, name=new.id)
    values: dict[str, Expr] = {name: meant}
    statements = tuple(replace(s, value=substitute(s.value, values)) for s in block.statements)
    results = tuple(replace(r, expr=substitute(r.expr, values)) for r in block.results)
    bindings = {**resolution.bindings, **{x.id: alias.bindings[n] for n, x in names.items()}}
    functions = {**alias.functions, **resolution.functions}
    functions |= {prefix + n: f for n, f in called.items()}
    return (
        replace(block, statements=statements, results=results),
        replace(resolution, symbols=symbols, bindings=bindings, functions=functions),
    )


# ------------------------------------------------------------------ splitting
_REFUSAL: Final = (
    "%s() is computed by Python, which cannot be called for single events or pairs of neurons."
)
_REFUSAL_HINT: Final = (
    "Store its value in a variable of the synapse or neuron first, or write it with assignments, "
    "conditionals and a return."
)


class _Splitter:
    def __init__(self, block: Block, resolution: Resolution, faults: FaultList) -> None:
        self.block = block
        self.resolution = resolution
        self.faults = faults
        self.symbols = dict(resolution.symbols)
        self.bindings = dict(resolution.bindings)
        self.waiting: list[Assign] = []
        self.found: list[tuple[Assign, ...] | PythonCall] = []
        self.scratch: list[Slot] = []

    def pieces(self) -> list[tuple[Block, Resolution] | PythonCall]:
        block = self.block
        domain = _before(block.domain)
        if domain is None:
            self._refuse()
            return []
        self._keep_temporaries()
        for statement in block.statements:
            if self._is_called_in(statement.value) and statement.op is not None:
                whole = Binary(statement.op, Name(statement.target), statement.value)
                statement = replace(statement, op=None, value=whole)
            self.waiting.append(replace(statement, value=self._extract(statement.value, domain)))
        results = tuple(replace(r, expr=self._extract(r.expr, domain)) for r in block.results)
        resolution = replace(self.resolution, symbols=self.symbols, bindings=self.bindings)
        pieces: list[tuple[Block, Resolution] | PythonCall] = []
        for piece in self.found:
            if isinstance(piece, PythonCall):
                pieces.append(replace(piece, scratch=tuple(self.scratch)))
            elif piece:
                before = replace(
                    block, name=f"{block.name}, arguments", domain=domain, statements=piece,
                    results=(), checked=True,
                )  # fmt: skip
                pieces.append((before, resolution))
        last = replace(block, statements=tuple(self.waiting), results=results, checked=True)
        for piece in pieces:
            if isinstance(piece, PythonCall):
                piece.make_room()
        return [*pieces, (last, resolution)]

    def _refuse(self) -> None:
        for name, call in called_in(self.block.expressions()).items():
            if self.resolution.functions[name].callback:
                span = call.span if call.span.source.text else None
                message = _REFUSAL % name
                self.faults.faults.append(Fault(ModelTypeError, message, span, _REFUSAL_HINT))

    def _is_called_in(self, expr: Expr) -> bool:
        return any(self.resolution.functions[n].callback for n in called_in([expr]))

    def _keep_temporaries(self) -> None:
        ignored = FaultList()
        functions = self.resolution.functions
        made = check_statements(self.block.statements, self.symbols, ignored, functions)
        for statement in self.block.statements:
            name = statement.target
            if name not in self.bindings:
                self._memory(made.get(name) or Symbol(name, Type.FLOAT))

    def _memory(self, symbol: Symbol) -> Slot:
        slot = Slot(symbol.name, STORED[symbol.type], _size(_before(self.block.domain)))  # type: ignore
        self.symbols[symbol.name] = symbol
        self.bindings[symbol.name] = Element(slot, Index.OWN)
        self.scratch.append(slot)
        return slot

    def _extract(self, expr: Expr, domain: Domain) -> Expr:
        """The expression with a name in place of each call of Python, which is made before."""

        def called(node: Expr) -> Expr | None:
            if isinstance(node, Call) and self.resolution.functions[node.function].callback:
                return self._call(node, domain)
            return None

        return transform(expr, called)

    def _call(self, call: Call, domain: Domain) -> Expr:
        info = self.resolution.functions[call.function]
        number = sum(isinstance(x, PythonCall) for x in self.found)
        args: list[tuple[Slot, bool]] = []
        types: list[Type] = []
        for k, arg in enumerate(call.args):
            kind = infer(arg, self.symbols, FaultList(), self.resolution.functions)
            symbol = Symbol(f"_arg{number}_{k}", kind.type, kind.dim)
            args.append((self._memory(symbol), kind.shared and kind.stateless))
            types.append(kind.type)
            self.waiting.append(Assign(symbol.name, None, arg))
        out = self._memory(
            Symbol(f"_call{number}", info.type_of(types), self._dimension(call, info))
        )
        self.found.append(tuple(self.waiting))
        self.waiting.clear()
        self.found.append(PythonCall(call.function, info, domain, tuple(args), out, ()))
        return Name(f"_call{number}", span=call.span)

    def _dimension(self, call: Call, info: FunctionInfo) -> Dimension:
        return infer(call, self.symbols, FaultList(), self.resolution.functions).dim
