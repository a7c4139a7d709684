"""What a text means that is evaluated once: a value to set, a condition as an index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from rheobase.errors import Fault, UnknownNameError
from rheobase.ir.dtypes import DType
from rheobase.ir.kernels import Index
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.model.code import CodeOwner
from rheobase.model.functions import declares_nothing
from rheobase.model.variables import Meaning, Reach

__all__ = ["TextOwner"]


class _Group(CodeOwner, Protocol):
    @property
    def namespace(self) -> Mapping[str, Any]: ...

    def called_functions(self) -> Collection[str]:
        """The functions that its equations call."""
        ...


class TextOwner:
    """The names that a text knows: those of the group's code, but for functions of no unit.

    A script is full of Python functions, and most have nothing to do with the model. One that
    declares its units is meant for models, and one that the equations call is a part of this model;
    any other is no name of a text.
    """

    def __init__(self, group: _Group) -> None:
        self.group = group

    @property
    def label(self) -> str:
        return self.group.label

    @property
    def float_dtype(self) -> DType:
        return self.group.float_dtype

    def meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        return self.group.meaning(name, namespace, index)

    def known_names(self) -> Collection[str]:
        return self.group.known_names()

    def function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        if name not in FUNCTIONS and name not in self.group.called_functions():
            found = self.group.namespace.get(name, namespace.get(name))
            if declares_nothing(found):
                return _undeclared(name)
        return self.group.function(name, namespace)


def _undeclared(name: str) -> Fault:
    return Fault(
        UnknownNameError,
        f"'{name}' is a Python function that declares no units, and no equation calls it.",
        hint="Declare them, as in @check_units(x=volt, result=1).",
    )
