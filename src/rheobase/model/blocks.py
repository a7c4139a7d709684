"""Pieces of code and what their names mean: what is checked and lowered together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from rheobase.integration.system import Loop
from rheobase.ir.builder import Binding
from rheobase.ir.domains import Domain
from rheobase.ir.dtypes import DType
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.nodes import Assign, Expr, names_in
from rheobase.lang.symbols import Symbol
from rheobase.model.variables import Meaning
from rheobase.records import record
from rheobase.units.dimensions import Dimension

__all__ = ["Block", "Resolution", "Result"]


@record
class Result:
    """A value that the domain consumes.

    dim     None: any
    dtype   what the value is cast to; BOOL wants a boolean expression
    """

    expr: Expr
    dim: Dimension | None
    dtype: DType
    what: str = "the expression"


@record
class Block:
    """A piece of code and the domain that it runs over.

    name      of the kernel, for people
    local     names that mean something here only
    checked   the code was made by us from checked parts: only lower it
    loop      comes after the statements; of checked blocks only
    parts     what the user wrote of a result that we built around it: checked first, so that
              faults speak of the user's text
    is_step   the code is a step of an integration method: its results need not be rounded correctly
    any_unit  values may be in another unit than the variables that take them
    guard     a condition: where it is false, nothing is written; its names are in `local`
    full      Record only: what makes room in the buffers; None: they grow
    """

    name: str
    domain: Domain
    statements: tuple[Assign, ...] = ()
    results: tuple[Result, ...] = ()
    scatters: bool = False
    local: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])
    checked: bool = False
    parts: tuple[Result, ...] = ()
    loop: Loop | None = None
    is_step: bool = False
    any_unit: bool = False
    guard: Expr | None = None
    full: Callable[[int], None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it does nothing."""
        return not self.statements and not self.results and self.loop is None

    def expressions(self) -> tuple[Expr, ...]:
        return tuple(s.value for s in self.statements) + tuple(r.expr for r in self.results)

    def names(self) -> frozenset[str]:
        """Names that must mean something: those read, and the targets of assignments."""
        guard = () if self.guard is None else (self.guard,)
        found = frozenset[str]().union(*(names_in(e) for e in (*self.expressions(), *guard)))
        return found | {s.target for s in self.statements}

    def temporaries(self) -> frozenset[str]:
        return frozenset(s.target for s in self.statements)


@record
class Resolution:
    """What the names of some code mean.

    signature   equal for two resolutions between which only values of constants differ
    """

    symbols: Mapping[str, Symbol]
    bindings: Mapping[str, Binding]
    signature: tuple[object, ...]
    functions: Mapping[str, FunctionInfo] = field(default_factory=lambda: FUNCTIONS)

    def with_local(self, local: Mapping[str, Meaning]) -> Resolution:
        """The same, and further names of our own."""
        symbols = {name: meaning.symbol for name, meaning in local.items()}
        bindings = {name: meaning.binding for name, meaning in local.items()}
        return Resolution(
            {**self.symbols, **symbols},
            {**self.bindings, **bindings},
            self.signature,
            self.functions,
        )
