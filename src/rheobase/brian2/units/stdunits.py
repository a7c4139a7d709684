"""`brian2.units.stdunits`: see rheobase.units.stdunits."""

from __future__ import annotations

from typing import Any

from rheobase.units import stdunits

__all__ = stdunits.__all__  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    return getattr(stdunits, name)
