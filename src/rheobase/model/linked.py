"""Linked variables: a variable of one group that is another group's."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import (
    DimensionMismatchError,
    Fault,
    ModelTypeError,
    ModelValueError,
    UnknownNameError,
    did_you_mean,
)
from rheobase.ir.builder import Alias, Element, Literal, Position
from rheobase.ir.domains import Index, Part
from rheobase.ir.dtypes import I32
from rheobase.ir.kernels import At
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Binary, Name
from rheobase.lang.symbols import Type
from rheobase.model.variables import (
    ArrayVariable,
    Link,
    LinkedVariable,
    Meaning,
    PositionVariable,
    Reach,
    Variable,
    symbol_of,
)
from rheobase.model.views import VariableView
from rheobase.records import record

__all__ = [
    "LinkedValue",
    "check_choosers",
    "linked_meaning",
    "linked_var",
    "make_link",
    "position_meaning",
]


class Linkable(Protocol):
    """A group that has, or gives, linked variables."""

    variables: MutableMapping[str, Variable]
    _part: Part

    @property
    def _label(self) -> str: ...

    def __len__(self) -> int: ...

    def _positions_of(self, indices: NDArray[Any]) -> NDArray[Any]: ...

    def _variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]: ...


@record
class LinkedValue:
    """What `G.x = linked_var(...)` sets; see linked_var."""

    group: Linkable
    name: str
    index: Any = None


def linked_var(group_or_variable: Any, name: str | None = None, index: Any = None) -> LinkedValue:
    """Make a variable with the flag (linked) stand for a variable of another group.

    group_or_variable   a group, with `name`; or the variable itself, as G.v
    index               which element of the source each element sees. None: the one of the same
                        number, or the only one; an integer array with a number for each element;
                        or the name of an integer variable of the linked group, which may change

    Raises UnknownNameError for a name that the group has not.
    Setting raises DimensionMismatchError, ModelTypeError or ModelValueError if the two do not fit.

    >>> from rheobase import NeuronGroup, linked_var
    >>> drive = NeuronGroup(1, 'dx/dt = 1/second : 1')
    >>> cells = NeuronGroup(3, 'x : 1 (linked)')
    >>> cells.x = linked_var(drive.x)
    >>> drive.x = 5
    >>> float(cells.x[:])
    5.0
    """
    if isinstance(group_or_variable, VariableView):
        if name is not None:
            raise ModelValueError(
                "linked_var: the variable says its own name; give a name with a group only"
            )
        owner: Any = group_or_variable.group
        return LinkedValue(owner, group_or_variable.name, index)
    known: Any = getattr(group_or_variable, "variables", None)
    if known is None:
        raise ModelTypeError(f"linked_var takes a group or a variable, not {group_or_variable!r}")
    if name is None:
        raise ModelValueError("linked_var: say which variable of the group: linked_var(G, 'v')")
    if name not in known:
        near = did_you_mean(name, known)
        message = f"linked_var: {group_or_variable._label} has no variable '{name}'. {near}"
        raise UnknownNameError(message.rstrip())
    return LinkedValue(group_or_variable, name, index)


def make_link(group: Linkable, variable: Variable, value: LinkedValue) -> LinkedVariable:
    """The variable, linked as the script says; every number in range."""
    what = f"{group._label}: '{variable.name}'"
    if not isinstance(variable, LinkedVariable):
        raise ModelTypeError(f"{what} cannot be linked: its equation needs the flag (linked)")
    source, target = value.group, value.group.variables[value.name]
    if hasattr(source, "_connections"):
        raise NotImplementedError(f"{what}: variables of synapses cannot be linked to")
    if target.dim is not variable.dim:
        raise DimensionMismatchError(
            f"{what} is in {variable.dim}, it cannot stand for '{value.name}', which is in "
            f"{target.dim}"
        )
    _refuse_circle(what, group, variable.name, source, target)
    return replace(variable, link=_link(what, group, source, target, value.index))


def _link(what: str, group: Linkable, source: Linkable, target: Variable, index: Any) -> Link:
    if target.shared:
        return Link(source, target)
    if isinstance(index, str):
        return _chosen_link(what, group, source, target, index)
    if hasattr(group, "_connections") and (index is not None or len(source) != 1):
        raise ModelTypeError(
            f"{what}: synapses come and go, so index= of theirs must be the name of an integer "
            "variable, which says for each of them what it sees"
        )
    if index is not None:
        return Link(source, target, numbers=_numbers(what, group, source, np.asarray(index)))
    if len(source) == 1 and (len(group) != 1 or hasattr(group, "_connections")):
        return Link(source, target, position=int(source._positions_of(np.arange(1))[0]))
    if len(source) != len(group):
        raise ModelValueError(
            f"{what} has {len(group)} elements, '{target.name}' of {source._label} has "
            f"{len(source)}: say with index= which of them each element sees"
        )
    positions = source._positions_of(np.arange(len(source)))
    if np.array_equal(positions, group._positions_of(np.arange(len(group)))):
        return Link(source, target)
    return Link(source, target, numbers=_slot(positions))


def _chosen_link(what: str, group: Linkable, source: Linkable, target: Variable, name: str) -> Link:
    chooser = group.variables.get(name)
    wanted = f"{what}: index='{name}' must be the name of an integer variable of {group._label}"
    if not isinstance(chooser, ArrayVariable):
        raise ModelValueError(wanted)
    if chooser.type is not Type.INTEGER:
        raise ModelTypeError(f"{wanted}, but it is a {chooser.type.value}")
    return Link(
        source, target, numbers=_slot(source._positions_of(np.arange(len(source)))), chooser=name
    )


def _numbers(what: str, group: Linkable, source: Linkable, index: NDArray[Any]) -> Slot:
    if index.dtype.kind not in "iu":
        raise ModelTypeError(f"{what}: index= holds whole numbers, not {index.dtype}")
    if index.shape != (len(group),):
        raise ModelTypeError(
            f"{what} has {len(group)} elements; index= has one number for each, not the shape "
            f"{index.shape}"
        )
    if index.min(initial=0) < 0 or index.max(initial=0) >= len(source):
        raise ModelValueError(
            f"{what}: index= names elements {index.min()} to {index.max()} of {source._label}, "
            f"which has {len(source)} (0 to {len(source) - 1})"
        )
    return _slot(source._positions_of(index))


def _slot(positions: NDArray[Any]) -> Slot:
    slot = Slot("linked", I32, len(positions))
    slot.data[:] = positions
    return slot


def _refuse_circle(
    what: str, group: Linkable, name: str, source: Linkable, target: Variable
) -> None:
    """No variable stands, by way of others, for itself."""
    while isinstance(target, LinkedVariable):
        if source is group and target.name == name:
            raise ModelValueError(f"{what} would stand for itself")
        if target.link is None:
            return
        link: Any = target.link
        source, target = link.source, link.variable


def check_choosers(group: Linkable) -> None:
    """Raise IndexError if an integer variable chooses an element that its source has not."""
    for variable in group.variables.values():
        link = variable.link if isinstance(variable, LinkedVariable) else None
        if link is None or link.chooser is None or link.numbers is None:
            continue
        chooser = group.variables[link.chooser]
        assert isinstance(chooser, ArrayVariable)
        values = chooser.slot.data
        if values.min(initial=0) < 0 or values.max(initial=0) >= len(link.numbers):
            raise IndexError(
                f"{group._label}: '{link.chooser}' chooses the element of '{variable.name}', which "
                f"are 0 to {len(link.numbers) - 1}; it goes from {values.min()} to {values.max()}"
            )


# ------------------------------------------------------------------ what code sees
def linked_meaning(
    group: Linkable, variable: LinkedVariable, namespace: Mapping[str, Any], index: Reach
) -> Meaning | Sequence[Fault]:
    """What a linked variable is to code that reaches its element by `index`."""
    link = variable.link
    if link is None:
        return [
            Fault(
                ModelTypeError,
                f"'{variable.name}' of {group._label} is linked to nothing yet.",
                hint=f"Set it: group.{variable.name} = linked_var(other_group.x)",
            )
        ]
    found = link.source._variable_meaning(link.variable, namespace, _reach(group, link, index))
    if not isinstance(found, Meaning):
        return found
    return Meaning(symbol_of(variable), found.binding)


def _reach(group: Linkable, link: Link, index: Reach) -> Reach:
    if link.variable.shared:
        return Index.SHARED
    if link.position is not None:
        return At(link.position)
    if link.numbers is None:
        return index
    if link.chooser is None:
        return Element(link.numbers, index)
    chooser = group.variables[link.chooser]
    assert isinstance(chooser, ArrayVariable)
    return Element(link.numbers, chooser.element(index), clipped=True)


def position_meaning(variable: PositionVariable, index: Reach) -> Meaning:
    """What the number of an element within its group is, to code that reaches it by `index`."""
    symbol = symbol_of(variable)
    if isinstance(index, Index):
        return Meaning(symbol, Position(index.value, variable.offset))
    number = Literal(index.position) if isinstance(index, At) else index
    if variable.offset is None:
        return Meaning(symbol, number)
    first = Element(variable.offset, Index.SHARED)
    difference = Binary("-", Name("_number"), Name("_first"))
    return Meaning(symbol, Alias(difference, {"_number": number, "_first": first}))
