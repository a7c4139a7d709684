"""Functions of scripts, as models call them: what stands behind a called name."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from rheobase.errors import Fault
from rheobase.lang.functions import FunctionInfo

__all__ = ["ModelFunction", "function_of"]


@runtime_checkable
class ModelFunction(Protocol):
    """An object that models can call."""

    def info(self, name: str) -> FunctionInfo | Fault:
        """The function, or why it cannot be called; the same object while its structure is."""
        ...


def function_of(name: str, value: Any) -> FunctionInfo | Fault | None:
    """The function that an object of a namespace is, or None if it is none."""
    if isinstance(value, ModelFunction):
        return value.info(name)
    return None
