"""All names that a star import of `brian2.only` brings: those of rheobase, and legacy ones.

>>> from rheobase.brian2.only import BrianObjectException, NeuronGroup
>>> issubclass(KeyError, BrianObjectException)
False
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rheobase
from rheobase.brian2 import legacy

if TYPE_CHECKING:
    from rheobase import *  # noqa: F403
    from rheobase.brian2.legacy import *  # noqa: F403
else:
    __all__ = sorted({*rheobase.__all__, *legacy.__all__})

    def __getattr__(name: str) -> Any:
        """The legacy meaning of a name if it has one, else that of rheobase."""
        if name in legacy.__all__:
            return getattr(legacy, name)
        if name in __all__:
            return getattr(rheobase, name)
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return globals()["__all__"]
