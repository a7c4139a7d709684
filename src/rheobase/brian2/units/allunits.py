"""`brian2.units.allunits`: see rheobase.units.allunits."""

from __future__ import annotations

from typing import Any

from rheobase.units import allunits

__all__ = allunits.__all__  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    return getattr(allunits, name)
