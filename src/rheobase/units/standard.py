"""The units that a star import brings, by name; each made when first used.

Type checkers see them in `standard.pyi`, which `scripts/stubs.py` writes.

>>> from rheobase.units.standard import nsiemens, mV
>>> 10 * nsiemens * (2*mV)
20. * pamp
"""

from __future__ import annotations

from rheobase.units.quantity import Unit
from rheobase.units.registry import STANDARD_NAMES, lookup_unit
from rheobase.units.specs import SHORT_NAMES

__all__ = [*STANDARD_NAMES, *SHORT_NAMES]  # pyright: ignore[reportUnsupportedDunderAll]
_STARRED = frozenset(__all__)


def __getattr__(name: str) -> Unit:
    unit = lookup_unit(name) if name in _STARRED else None
    if unit is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = unit
    return unit
