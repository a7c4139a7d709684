"""Physical dimensions: exponents of the seven SI base quantities, and how a reader names them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Final, TypeAlias

__all__ = [
    "BASE_NAMES",
    "BASE_SYMBOLS",
    "DERIVED",
    "DIMENSIONLESS",
    "Dimension",
    "Factors",
    "base_unit_name",
    "factorise",
    "join_long",
    "join_short",
]

BASE_NAMES: Final = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candle")
BASE_SYMBOLS: Final = ("m", "kg", "s", "A", "K", "mol", "cd")
QUANTITY_INDEX: Final = {
    word: index
    for index, words in enumerate(
        (
            "length metre metres meter meters m",
            "mass kilogram kilograms kilogramme kilogrammes kg",
            "time second seconds s",
            "current amp amps ampere amperes A",
            "temperature kelvin kelvins K",
            "substance quantity mole moles mol",
            "luminosity candle candles candela cd",
        )
    )
    for word in words.split()
}
# exponents equal to 1/_ROUND are equal; as 12 and 11 divide it, (x**(1/3))**3 is x
_ROUND: Final = 27_720_000


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
        found = _PRODUCTS.get((self, other))
        if found is None:
            found = _PRODUCTS[self, other] = self._product(other)
        return found

    def _product(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents)))

    def __truediv__(self, other: Dimension) -> Dimension:
        if other is DIMENSIONLESS:
            return self
        if other is self:
            return DIMENSIONLESS
        found = _QUOTIENTS.get((self, other))
        if found is None:
            found = _QUOTIENTS[self, other] = self._quotient(other)
        return found

    def _quotient(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a - b for a, b in zip(self.exponents, other.exponents)))

    def __pow__(self, power: float) -> Dimension:
        return Dimension(tuple(a * power for a in self.exponents))

    def _refuse(self, other: object) -> Dimension:
        raise TypeError("a dimension cannot be changed in place")

    __imul__ = __itruediv__ = __ipow__ = _refuse

    @property
    def is_dimensionless(self) -> bool:
        return self is DIMENSIONLESS

    @property
    def name(self) -> str:
        """The SI unit of the dimension, derived units recognised: 'volt', 'amp / metre**2'."""
        return join_long([(long, power) for long, _, power in factorise(self)]) or "1"

    @property
    def symbol(self) -> str:
        """The same, in symbols: 'V', 'A/m^2'."""
        return join_short([(short, power) for _, short, power in factorise(self)]) or "1"

    def get_dimension(self, name: str) -> float:
        """The exponent of one base quantity, by any of its names: 'length', 'metre', 'm'.

        Raises KeyError for another name.
        """
        return self.exponents[QUANTITY_INDEX[name]]

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[type[Dimension], tuple[tuple[float, ...]]]:
        return (Dimension, (self.exponents,))

    def __copy__(self) -> Dimension:
        return self

    def __deepcopy__(self, memo: object) -> Dimension:
        return self

    def __repr__(self) -> str:
        """Python code in base units: 'metre**2 * kilogram * second**-3 * amp**-1'."""
        parts = [_power(n, e, "**") for n, e in zip(BASE_NAMES, self.exponents) if e]
        return " * ".join(parts) or "Dimension()"


_PRODUCTS: Final[dict[tuple[Dimension, Dimension], Dimension]] = {}
_QUOTIENTS: Final[dict[tuple[Dimension, Dimension], Dimension]] = {}
DIMENSIONLESS: Final = Dimension((0, 0, 0, 0, 0, 0, 0))


# ---------------------------------------------------------------------- names for readers

Factors: TypeAlias = tuple[
    tuple[str, str, float], ...
]  # (long name, symbol, power), each power != 0

# Named units of SI with value 1 in base units. Concentration: 1 mM is 1 mol/m^3.
DERIVED: Final[dict[str, tuple[str, Dimension]]] = {
    "volt": ("V", Dimension((2, 1, -3, -1, 0, 0, 0))),
    "siemens": ("S", Dimension((-2, -1, 3, 2, 0, 0, 0))),
    "farad": ("F", Dimension((-2, -1, 4, 2, 0, 0, 0))),
    "ohm": ("ohm", Dimension((2, 1, -3, -2, 0, 0, 0))),
    "coulomb": ("C", Dimension((0, 0, 1, 1, 0, 0, 0))),
    "mmolar": ("mM", Dimension((-3, 0, 0, 0, 0, 1, 0))),
    "joule": ("J", Dimension((2, 1, -2, 0, 0, 0, 0))),
    "watt": ("W", Dimension((2, 1, -3, 0, 0, 0, 0))),
    "newton": ("N", Dimension((1, 1, -2, 0, 0, 0, 0))),
    "henry": ("H", Dimension((2, 1, -2, -2, 0, 0, 0))),
    "pascal": ("Pa", Dimension((-1, 1, -2, 0, 0, 0, 0))),
    "hertz": ("Hz", Dimension((0, 0, -1, 0, 0, 0, 0))),
    "weber": ("Wb", Dimension((2, 1, -2, -1, 0, 0, 0))),
    "tesla": ("T", Dimension((0, 1, -2, -1, 0, 0, 0))),
    "lux": ("lx", Dimension((-2, 0, 0, 0, 0, 0, 1))),
    "gray": ("Gy", Dimension((2, 0, -2, 0, 0, 0, 0))),
    "katal": ("kat", Dimension((0, 0, -1, 0, 0, 1, 0))),
}
_SINGLES: Final = {dim: (name, symbol) for name, (symbol, dim) in DERIVED.items()}
_IN_PRODUCTS: Final = tuple(DERIVED)[:10]  # the others read badly in products: volt*hertz
_POWERS: Final = (1, -1, 2, -2)


def base_unit_name(dim: Dimension) -> str:
    """The SI unit of a dimension in words, as messages and equations say it.

    >>> from rheobase.units.dimensions import Dimension, base_unit_name
    >>> base_unit_name(Dimension((2, 1, -3, -1, 0, 0, 0)))
    'volt'
    >>> base_unit_name(Dimension((-2, 0, 0, 1, 0, 0, 0)))
    'amp / metre**2'
    """
    return dim.name


@cache
def factorise(dim: Dimension) -> Factors:
    """The shortest product of named SI units that has this dimension.

    Fewest factors first, then fewest derived units, then smallest powers, then fewest divisions.
    """
    if dim in _SINGLES:
        return ((*_SINGLES[dim], 1.0),)
    best = min(_one_derived(dim), key=_cost)
    if len(best) <= 2:
        return best
    return min([best, *_two_derived(dim)], key=_cost)


def _one_derived(dim: Dimension) -> Iterator[Factors]:
    yield _base_factors(dim)
    yield from _pure_powers(dim)
    for name, (symbol, unit), power in _terms():
        yield ((name, symbol, power), *_base_factors(dim / unit**power))


@cache
def _terms() -> list[tuple[str, tuple[str, Dimension], int]]:
    return [(name, DERIVED[name], power) for name in _IN_PRODUCTS for power in _POWERS]


def _two_derived(dim: Dimension) -> Iterator[Factors]:
    for (a, (sa, da), pa), (b, (sb, db), pb) in combinations(_terms(), 2):
        if a == b:
            continue
        rest = _base_factors(dim / da**pa / db**pb)
        if len(rest) <= 1:
            yield ((a, sa, pa), (b, sb, pb), *rest)


def _pure_powers(dim: Dimension) -> Iterator[Factors]:
    for name in _IN_PRODUCTS[:8]:
        symbol, unit = DERIVED[name]
        first = next(i for i, e in enumerate(unit.exponents) if e)
        power = dim.exponents[first] / unit.exponents[first]
        if power and unit**power is dim:
            yield ((name, symbol, power),)


def _base_factors(dim: Dimension) -> Factors:
    return tuple((n, s, e) for n, s, e in zip(BASE_NAMES, BASE_SYMBOLS, dim.exponents) if e)


def _cost(factors: Factors) -> tuple[float, ...]:
    derived = sum(name not in BASE_NAMES for name, _, _ in factors)
    size = sum(abs(power) for _, _, power in factors)
    return len(factors), derived, size, sum(power < 0 for _, _, power in factors)


def _power(name: str, power: float, mark: str) -> str:
    return name if power == 1 else f"{name}{mark}{power:.12g}"


def join_long(factors: list[tuple[str, float]]) -> str:
    """'amp / metre**2', 'joule / (kelvin * mole)', 'second**-1': Python code."""
    return _join(factors, " * ", " / ", "**")


def join_short(factors: list[tuple[str, float]]) -> str:
    """'A/m^2', 'J/(K mol)', 's^-1'."""
    return _join(factors, " ", "/", "^")


def _join(factors: list[tuple[str, float]], times: str, over: str, mark: str) -> str:
    above = [_power(name, p, mark) for name, p in factors if p > 0]
    if not above:
        return times.join(_power(name, p, mark) for name, p in factors)
    below = [_power(name, -p, mark) for name, p in factors if p < 0]
    if not below:
        return times.join(above)
    divisor = below[0] if len(below) == 1 else f"({times.join(below)})"
    return times.join(above) + over + divisor
