"""The packages that formats are read and written with; each is an extra of this one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["library"]


def library(module: str, extra: str) -> Any:
    """A package that is imported when it is used first.

    Raises ImportError with the command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ImportError(
            f"this needs the package '{error.name}': pip install \"rheobase[{extra}]\"",
            name=error.name,
        ) from None
