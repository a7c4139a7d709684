"""Every unit: all names with all SI prefixes, squares and cubes; each made when first used.

>>> from rheobase.units.allunits import Gnewton, daohm3, umetre2
>>> Gnewton
Gnewton
"""

from __future__ import annotations

from rheobase.units.quantity import Unit
from rheobase.units.registry import lookup_unit
from rheobase.units.specs import SHORT_NAMES, all_names

__all__ = list(all_names())  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Unit:
    if name == "celsius":
        raise AttributeError(
            "celsius is no unit, as 0 degrees are not nothing: add "
            "rheobase.units.constants.zero_celsius and use kelvin"
        )
    unit = None if name in SHORT_NAMES else lookup_unit(name)
    if unit is None:
        raise AttributeError(f"module '{__name__}' has no unit '{name}'")
    globals()[name] = unit
    return unit


def __dir__() -> list[str]:
    return __all__
