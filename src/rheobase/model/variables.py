"""The variables of groups: what they are, and what they mean to code that reaches them.

A variable has one description (`Variable`) and one state (its slot). Code sees a `Meaning`: the
symbol that checking needs and the binding that lowering needs, for the index through which it
reaches the variable: own, pre, post, or shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.errors import Fault
from rheobase.ir.builder import Binding, Element, Literal
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, DType
from rheobase.ir.kernels import At
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Expr
from rheobase.lang.symbols import Symbol, Type
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = [
    "ArrayVariable",
    "Link",
    "LinkedVariable",
    "Meaning",
    "PositionVariable",
    "Reach",
    "Subexpression",
    "Variable",
    "constant_meaning",
    "dtype_of",
    "number_meaning",
    "stored_dtype",
    "symbol_of",
    "type_of",
]

# how code reaches an element: by an index of its own, or by a number that stands in memory
Reach: TypeAlias = Index | At | Element


@record
class ArrayVariable:
    """A variable with memory.

    slot       its values; one element if `shared`
    guard      the boolean variable that must be true for synapses to write: not_refractory
    weak       its precision gives way to that of what it meets: dt
    """

    name: str
    type: Type
    dim: Dimension
    slot: Slot
    shared: bool = False
    constant: bool = False
    read_only: bool = False
    guard: ArrayVariable | None = None
    weak: bool = False

    def get_value(self) -> NDArray[Any]:
        """The values themselves, in SI: a view, not a copy."""
        return self.slot.data

    def set_value(self, values: ArrayLike) -> None:
        """Set all values, in SI.

        >>> from rheobase import NeuronGroup
        >>> cells = NeuronGroup(2, 'v : volt')
        >>> cells.variables['v'].set_value([1, 2])
        >>> cells.v[:]
        array([1., 2.]) * volt
        """
        self.slot.data[:] = values

    def element(self, index: Reach) -> Element:
        """What code reads and writes when it reaches the variable through `index`."""
        reached = Index.SHARED if self.shared else index
        guarded = self.guard is not None and index in (Index.PRE, Index.POST)
        guard = self.guard.element(index) if self.guard and guarded else None
        return Element(self.slot, reached, self.weak, guard)


@record
class Subexpression:
    """A name for an expression: evaluated wherever it is used."""

    name: str
    type: Type
    dim: Dimension
    expr: Expr
    shared: bool = False
    constant: bool = False
    read_only: bool = True


@record
class PositionVariable:
    """The number of an element within its group: i, j.

    offset   the group's first element in the numbering of kernels
    """

    name: str
    offset: Slot | None = None
    type: Type = Type.INTEGER
    dim: Dimension = DIMENSIONLESS
    shared: bool = False
    constant: bool = True
    read_only: bool = True


@record
class Link:
    """What a linked variable stands for: a variable of another group.

    source     the group
    variable   of the group
    position   the same element for all: its number in the source's slots
    numbers    or one number for each element
    chooser    or the name of an integer variable that says, in each step, which element of the
               source it is; `numbers` then turns that into the number in the source's slots
    With none of the three, elements of the same number belong together.
    """

    source: LinkSource
    variable: Variable
    position: int | None = None
    numbers: Slot | None = None
    chooser: str | None = None

    @property
    def shared(self) -> bool:
        """Whether all elements see the same."""
        return self.variable.shared or self.position is not None


class LinkSource(Protocol):
    """A group whose variables others may be linked to."""

    @property
    def _label(self) -> str: ...

    def _variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]: ...


@record
class LinkedVariable:
    """A variable that is another group's: flag (linked).

    link   None until the script sets it with linked_var
    """

    name: str
    type: Type
    dim: Dimension
    link: Link | None = None
    constant: bool = False

    @property
    def shared(self) -> bool:
        return self.link is not None and self.link.shared

    @property
    def read_only(self) -> bool:
        """Code may write where each element has one of its own."""
        if self.link is None or self.link.variable.read_only:
            return True
        own = self.link.variable
        one_to_one = self.link.numbers is None and self.link.position is None
        return not (one_to_one and isinstance(own, (ArrayVariable, LinkedVariable)))


Variable: TypeAlias = ArrayVariable | Subexpression | PositionVariable | LinkedVariable


@record
class Meaning:
    """What a name is, to the checker and to the kernel builder."""

    symbol: Symbol
    binding: Binding


def symbol_of(variable: Variable, name: str | None = None) -> Symbol:
    """What checking needs to know of a variable, under the name that the text uses."""
    return Symbol(
        name or variable.name,
        variable.type,
        variable.dim,
        variable.shared,
        variable.constant,
        variable.read_only,
        meaning=variable.expr if isinstance(variable, Subexpression) else None,
    )


def constant_meaning(name: str, symbol: Symbol, slot: Slot | None) -> Meaning:
    """A constant: read from memory if it has a slot, else part of the code (units, pi)."""
    if slot is not None:
        return Meaning(symbol, Element(slot, Index.SHARED, weak=True))
    assert symbol.value is not None
    return Meaning(symbol, Literal(symbol.value))


def number_meaning(name: str, value: float | int) -> Meaning:
    """A number that code reads from memory, so that another number is the same code."""
    whole = isinstance(value, (int, np.integer))
    slot = Slot(name, I64 if whole else F64)
    slot.data[0] = value
    kind = Type.INTEGER if whole else Type.FLOAT
    symbol = Symbol(name, kind, shared=True, constant=True, value=value)
    return Meaning(symbol, Element(slot, Index.SHARED, weak=True))


_DTYPES: Mapping[Type, DType] = {Type.FLOAT: F64, Type.INTEGER: I32, Type.BOOLEAN: BOOL}


def dtype_of(kind: Type, floats: DType = F64) -> DType:
    """How a variable of the model's type is stored."""
    if kind is Type.FLOAT:
        return floats
    return _DTYPES[kind]


def stored_dtype(variable: Variable, floats: DType = F64) -> DType:
    """How values of a variable are stored: as it is itself, if it has memory."""
    if isinstance(variable, ArrayVariable):
        return variable.slot.dtype
    if isinstance(variable, LinkedVariable) and variable.link is not None:
        return stored_dtype(variable.link.variable, floats)
    return dtype_of(variable.type, floats)


def type_of(dtype: DType) -> Type:
    """The model's type of what is stored so."""
    if dtype in (F64, F32):
        return Type.FLOAT
    return Type.INTEGER if dtype in (I32, I64) else Type.BOOLEAN
