"""External names: constants that a model takes from its namespace or from the calling script.

A constant's type and dimension are structure, its value is data: each owner keeps one slot for
each external name, and a run only writes the values that it finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from rheobase.errors import Fault, ModelValueError
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.externals import STORED, external_symbol
from rheobase.model.functions import DEFAULT_FUNCTIONS, function_of
from rheobase.model.variables import Meaning, constant_meaning
from rheobase.topics import topic
from rheobase.units import Quantity
from rheobase.units.dimensions import Dimension

__all__ = [
    "Conflicts",
    "Constants",
    "find_external",
    "find_function",
    "hidden",
    "own_namespace",
    "warn_of_attributes",
]

_STEPS: Final = frozenset(
    ("t", "dt", "t_in_timesteps")
)  # code that is made for a step uses them too


def find_external(
    name: str, group: Mapping[str, Any], run: Mapping[str, Any]
) -> Symbol | Fault | None:
    """What an external name stands for: a constant, a fault, or None if nothing has the name.

    The group's own namespace comes before the run's.
    """
    for namespace in (group, run):
        if name in namespace:
            found = external_symbol(name, namespace[name])
            if found is not None:
                return found
    return None


def find_function(
    name: str, group: Mapping[str, Any], run: Mapping[str, Any]
) -> FunctionInfo | Fault | None:
    """What a called name stands for: a default function, or a function of the namespaces.

    The group's own namespace comes before the run's; what a script has put into DEFAULT_FUNCTIONS,
    before both.
    """
    given = DEFAULT_FUNCTIONS.given(name)
    if given is not None:
        return function_of(name, given)
    if name in FUNCTIONS and not name.startswith("_"):
        return FUNCTIONS[name]
    for namespace in (group, run):
        if name in namespace:
            found = function_of(name, namespace[name])
            if found is not None:
                return found
    return None


def own_namespace(namespace: Mapping[str, Any] | None, label: str) -> dict[str, Any]:
    """The namespace that is given to an object; ModelValueError for names that are internal."""
    names = dict(namespace or {})
    for name in names:
        if name.startswith("_"):
            raise ModelValueError(
                f"{label}: '{name}' cannot be in its namespace: names that begin with an "
                "underscore are internal"
            )
    return names


class HasVariables(Protocol):
    """A group."""

    @property
    def variables(self) -> Mapping[str, Any]: ...

    @property
    def _label(self) -> str: ...


class Conflicts:
    """Says once for each name that it means two things, and which of them is used."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def check(
        self, name: str, meaning: str, label: str, group: Mapping[str, Any], run: Mapping[str, Any]
    ) -> None:
        """Look whether a name that has a `meaning` is a number in a namespace."""
        if name in self._said or name in _STEPS:
            return
        for where, namespace in (("its own namespace", group), ("the namespace of the run", run)):
            found = external_symbol(name, namespace[name]) if name in namespace else None
            if not isinstance(found, Symbol) or _is_same(found, name):
                continue  # an array cannot be meant: equations take numbers
            self._said.add(name)
            topic("resolution_conflict").warning(
                "%s: '%s' is %s, and %r in %s: the former is used. Give one of them another name.",
                label, name, meaning, namespace[name], where,
            )  # fmt: skip
            return

    def check_constant(
        self, name: str, label: str, group: Mapping[str, Any], run: Mapping[str, Any]
    ) -> None:
        """Look whether a constant of the group's namespace is another one in that of the run."""
        if name in self._said or name not in group or name not in run:
            return
        own, other = (external_symbol(name, space[name]) for space in (group, run))
        if not isinstance(own, Symbol) or not isinstance(other, Symbol):
            return
        if own.value == other.value and own.dim is other.dim:
            return
        self._said.add(name)
        topic("resolution_conflict").warning(
            "%s: '%s' is %r in its own namespace, and %r in the namespace of the run: the former "
            "is used. Give one of them another name.",
            label, name, group[name], run[name],
        )  # fmt: skip


def hidden(owner: HasVariables, name: str, what: str, instead: str) -> bool:
    """Whether a variable or pathway is no attribute, since its name is taken; says so.

    instead   how scripts have it
    """
    taken = name in vars(owner) or hasattr(type(owner), name)
    if taken:
        topic("hidden_variable").warning(
            "%s: '%s' is a %s, but .%s is an attribute that all such objects have. The %s is .%s",
            owner._label, name, what, name, what, instead,
        )  # fmt: skip
    return taken


def warn_of_attributes(owner: HasVariables) -> None:
    """Say which variables are not to be had as attributes, since their name is taken."""
    for name in owner.variables:
        hidden(owner, name, "variable", f"state('{name}')")


def _is_same(found: Symbol | Fault, name: str) -> bool:
    default = default_symbol(name)
    if default is None or not isinstance(found, Symbol):
        return False
    return default.value == found.value and default.dim is found.dim


class Constants:
    """The external constants of one owner, and the slots that hold their values."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, Type], Slot] = {}
        self._dims: dict[str, Dimension] = {}

    def values(self) -> dict[str, Quantity]:
        """The constants that the last run found, by name."""
        return {n: Quantity(s.data[0], dim=self._dims[n]) for (n, _), s in self._slots.items()}

    def meaning(
        self, name: str, group: Mapping[str, Any], run: Mapping[str, Any]
    ) -> Meaning | Fault | None:
        """The meaning of a name that is no variable: a default (unit, pi) or an external constant,
        whose value is written to its slot."""
        default = default_symbol(name)
        if default is not None:
            return constant_meaning(name, default, None)
        symbol = find_external(name, group, run)
        if symbol is None or isinstance(symbol, Fault):
            return symbol
        key = (name, symbol.type)
        if key not in self._slots:
            self._slots[key] = Slot(name, STORED[symbol.type])
        slot = self._slots[key]
        slot.data[0] = symbol.value
        self._dims[name] = symbol.dim
        return constant_meaning(name, symbol, slot)
