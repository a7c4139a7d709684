"""Looking at the script that calls: its names, and where it stands."""

from __future__ import annotations

import os
import sys
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from rheobase.errors import notebook_cells

__all__ = ["caller_frame", "caller_namespace", "caller_place", "get_local_namespace"]

# code that may stand between a script and what it calls; the examples that a wheel carries inside
# the package are scripts themselves
_PACKAGE = Path(__file__).resolve().parent.parent
_BETWEEN = (str(_PACKAGE), str(Path(np.__file__).resolve().parent))
_SCRIPTS = str(_PACKAGE / "cli" / "examples")


class _Names(ChainMap[str, Any]):
    """Locals before globals; every run asks, so asking is direct."""

    def get(self, key: str, default: Any = None) -> Any:
        for names in self.maps:
            if key in names:
                return names[key]
        return default


def _stands_between(file: str) -> bool:
    return file.startswith(_BETWEEN) and not file.startswith(_SCRIPTS + os.sep)


def caller_frame(level: int = 0) -> FrameType | None:
    """The nearest frame outside this package and numpy, or `level` frames further out."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and _stands_between(frame.f_code.co_filename):
        frame = frame.f_back
    while frame is not None and level > 0:
        frame = frame.f_back
        level -= 1
    return frame


def caller_namespace(level: int = 0) -> Mapping[str, Any]:
    """The locals and globals that the calling script sees."""
    frame = caller_frame(level)
    if frame is None:
        return {}
    return _Names(dict(frame.f_locals), frame.f_globals)


def caller_place() -> str:
    """'model.py:12', or 'cell [3], line 12': where the script calls from."""
    frame = caller_frame()
    if frame is None:
        return ""
    name = frame.f_code.co_filename
    cell = notebook_cells().get(name)
    if cell is not None:
        return f"cell [{cell}], line {frame.f_lineno}"
    return f"{name if name.startswith('<') else Path(name).name}:{frame.f_lineno}"


def get_local_namespace(level: int = 0) -> dict[str, Any]:
    """The globals and locals that the calling script sees, or a caller `level` frames further out.

    >>> from rheobase import get_local_namespace
    >>> tau = 3
    >>> get_local_namespace()['tau']
    3
    """
    return dict(caller_namespace(level))
