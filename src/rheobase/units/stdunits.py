"""The short names of units that neuroscientists use most: mV, nS, ms, Hz, um2, mM ..."""

from __future__ import annotations

from rheobase.units.quantity import Unit
from rheobase.units.registry import lookup_unit
from rheobase.units.specs import SHORT_NAMES

__all__ = list(SHORT_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Unit:
    unit = lookup_unit(name) if name in SHORT_NAMES else None
    if unit is None:
        raise AttributeError(f"module '{__name__}' has no unit '{name}'")
    globals()[name] = unit
    return unit
