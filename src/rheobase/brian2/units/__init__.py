"""`brian2.units`: the units, and modules of constants and of all units."""

from __future__ import annotations

from typing import Any

from rheobase import units
from rheobase.brian2.submodules import SUBMODULES, submodule
from rheobase.brian2.units import allunits, constants

__all__ = [*units.__all__, "allunits", "constants"]  # pyright: ignore


def __getattr__(name: str) -> Any:
    below = f"units.{name}"
    return submodule(below) if below in SUBMODULES else getattr(units, name)
