"""External names: constants that a model takes from its namespace or from the calling script.

A constant's type and dimension are structure, its value is data: each owner keeps one slot for
each external name, and a run only writes the values that it finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rheobase.errors import Fault
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.externals import STORED, external_symbol
from rheobase.model.functions import function_of
from rheobase.model.variables import Meaning, constant_meaning

__all__ = ["Constants", "find_external", "find_function"]


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

    The group's own namespace comes before the run's.
    """
    if name in FUNCTIONS and not name.startswith("_"):
        return FUNCTIONS[name]
    for namespace in (group, run):
        if name in namespace:
            found = function_of(name, namespace[name])
            if found is not None:
                return found
    return None


class Constants:
    """The external constants of one owner, and the slots that hold their values."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, Type], Slot] = {}

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
        return constant_meaning(name, symbol, slot)
