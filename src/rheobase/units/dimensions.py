"""Physical dimensions: exponents of the seven SI base quantities."""

from __future__ import annotations

from typing import Final

__all__ = ["BASE_NAMES", "BASE_SYMBOLS", "DIMENSIONLESS", "Dimension"]

BASE_NAMES: Final = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candle")
BASE_SYMBOLS: Final = ("m", "kg", "s", "A", "K", "mol", "cd")
_ROUND: Final = 1_000_000  # exponents equal to this precision are equal: (x**(1/3))**3 is x


class Dimension:
    """A product of powers of metre, kilogram, second, amp, kelvin, mole and candle.

    One object exists for each dimension, so `is` compares.

    >>> from rheobase.units.dimensions import Dimension
    >>> length = Dimension((1, 0, 0, 0, 0, 0, 0))
    >>> length * length == length ** 2
    True
    """

    __slots__ = ("exponents",)

    exponents: tuple[float, ...]
    _known: dict[tuple[float, ...], Dimension] = {}  # noqa: RUF012  (the registry of the class)

    def __new__(cls, exponents: tuple[float, ...]) -> Dimension:
        key = tuple(round(e * _ROUND) / _ROUND + 0.0 for e in exponents)
        found = cls._known.get(key)
        if found is None:
            if len(key) != len(BASE_NAMES):
                raise ValueError(f"a dimension has {len(BASE_NAMES)} exponents, not {len(key)}")
            found = super().__new__(cls)
            found.exponents = key
            cls._known[key] = found
        return found

    def __mul__(self, other: Dimension) -> Dimension:
        if other is DIMENSIONLESS:
            return self
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents)))

    def __truediv__(self, other: Dimension) -> Dimension:
        if other is DIMENSIONLESS:
            return self
        return Dimension(tuple(a - b for a, b in zip(self.exponents, other.exponents)))

    def __pow__(self, power: float) -> Dimension:
        return Dimension(tuple(a * power for a in self.exponents))

    @property
    def is_dimensionless(self) -> bool:
        return self is DIMENSIONLESS

    def __reduce__(self) -> tuple[type[Dimension], tuple[tuple[float, ...]]]:
        return (Dimension, (self.exponents,))

    def __copy__(self) -> Dimension:
        return self

    def __deepcopy__(self, memo: object) -> Dimension:
        return self

    def __repr__(self) -> str:
        """Powers of the base units: 'm kg s^-2'; '1' for a pure number."""
        parts = [s if e == 1 else f"{s}^{e:g}" for s, e in zip(BASE_SYMBOLS, self.exponents) if e]
        return " ".join(parts) or "1"


DIMENSIONLESS: Final = Dimension((0, 0, 0, 0, 0, 0, 0))
