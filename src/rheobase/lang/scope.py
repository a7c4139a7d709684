"""What names mean when the model says nothing else: pi, e, inf and the units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

from rheobase.lang.symbols import Symbol, Type
from rheobase.units.registry import lookup_unit

__all__ = ["CONSTANTS", "Scope", "default_symbol"]


def _constant(name: str, value: float) -> Symbol:
    return Symbol(name, Type.FLOAT, shared=True, constant=True, read_only=True, value=value)


CONSTANTS: Final[dict[str, Symbol]] = {
    name: _constant(name, value)
    for name, value in (("pi", math.pi), ("e", math.e), ("inf", math.inf))
}


def default_symbol(name: str) -> Symbol | None:
    """pi, e, inf, or the unit of that name (its value: the factor to SI); else None.

    >>> from rheobase.lang.scope import default_symbol
    >>> default_symbol("mV").value
    0.001
    """
    constant = CONSTANTS.get(name)
    if constant is not None:
        return constant
    unit = lookup_unit(name)
    if unit is None:
        return None
    return Symbol(name, Type.FLOAT, unit.dim, True, True, True, unit.spec.value)


class Scope(Mapping[str, Symbol]):
    """The names of a model, and behind them the defaults; iteration gives those of the model."""

    def __init__(self, symbols: Mapping[str, Symbol]) -> None:
        self.symbols = symbols

    def __getitem__(self, name: str) -> Symbol:
        symbol = self.symbols.get(name) or default_symbol(name)
        if symbol is None:
            raise KeyError(name)
        return symbol

    def __iter__(self) -> Iterator[str]:
        return iter(self.symbols)

    def __len__(self) -> int:
        return len(self.symbols)
