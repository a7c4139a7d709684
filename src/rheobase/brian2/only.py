"""All names that a star import of `brian2.only` brings: those of rheobase, and legacy ones.

>>> from rheobase.brian2.only import BrianObjectException, NeuronGroup
>>> issubclass(KeyError, BrianObjectException)
False
"""

from __future__ import annotations

from typing import Any

import rheobase
from rheobase.brian2 import legacy

_RHEOBASE: list[str] = vars(rheobase)["__all__"]
__all__ = sorted({*_RHEOBASE, *legacy.__all__})  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """The legacy meaning of a name if it has one, else that of rheobase."""
    if name in legacy.__all__:
        return getattr(legacy, name)
    if name in __all__:
        return getattr(rheobase, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
