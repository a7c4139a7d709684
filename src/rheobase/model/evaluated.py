"""What a text means that is evaluated once: a value to set, a condition as an index."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from rheobase.errors import Fault, UnknownNameError
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.model.code import CodeOwner
from rheobase.model.deputy import Deputy
from rheobase.model.functions import declares_nothing

__all__ = ["TextOwner"]


class _Group(CodeOwner, Protocol):
    @property
    def namespace(self) -> Mapping[str, Any]: ...

    def _called_functions(self) -> Collection[str]:
        """The functions that its equations call."""
        ...


class TextOwner(Deputy[_Group]):
    """The names that a text knows: those of the group's code, but for functions of no unit.

    A script is full of Python functions, and most have nothing to do with the model. One that
    declares its units is meant for models, and one that the equations call is a part of this model;
    any other is no name of a text.
    """

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        if name not in FUNCTIONS and name not in self.group._called_functions():
            found = self.group.namespace.get(name, namespace.get(name))
            if declares_nothing(found):
                return _undeclared(name)
        return super()._function(name, namespace)


def _undeclared(name: str) -> Fault:
    return Fault(
        UnknownNameError,
        f"'{name}' is a Python function that declares no units, and no equation calls it.",
        hint="Declare them, as in @check_units(x=volt, result=1).",
    )
