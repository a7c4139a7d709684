"""Units as data: what each unit is worth and how it is written; no array in sight.

A `UnitSpec` is a product of powers of named units. It carries the power of ten between the unit
and the SI unit of its dimension, so that products of units stay exact. `find_spec` builds the
spec behind a name ('mvolt', 'cmetre2', 'mV') when asked; nothing is built ahead of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

from rheobase.units.dimensions import (
    BASE_NAMES,
    BASE_SYMBOLS,
    DERIVED,
    DIMENSIONLESS,
    Dimension,
    factorise,
    join_long,
    join_short,
)

__all__ = [
    "PREFIXES",
    "SHORT_NAMES",
    "STEMS",
    "Factor",
    "UnitSpec",
    "all_names",
    "display_candidates",
    "find_spec",
    "named_spec",
    "spec_of_dimension",
]

# symbol of each SI prefix and its power of ten
PREFIXES: Final[dict[str, int]] = {
    "y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1,
    "": 0, "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24,
}  # fmt: skip
_LATEX_PREFIX: Final = {"u": r"\mathrm{\mu}"}


@dataclass(frozen=True, slots=True)
class Factor:
    """A power of one named unit: its Python name, its symbol, its LaTeX form."""

    name: str
    symbol: str
    latex: str
    power: float = 1


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """A product of powers of named units.

    dim      its dimension
    scale    1 of this unit is 10**scale SI units of that dimension
    factors  how it is written; empty for the number 1
    """

    dim: Dimension
    scale: float
    factors: tuple[Factor, ...]

    @property
    def value(self) -> float:
        """The SI value of one unit, correctly rounded for whole powers of ten."""
        whole = int(self.scale)
        return float(f"1e{whole}") if whole == self.scale else 10.0**self.scale

    @property
    def name(self) -> str:
        """Python code: 'nsiemens / cmetre**2'."""
        return join_long([(f.name, f.power) for f in self.factors]) or "1"

    @property
    def symbol(self) -> str:
        """For reading: 'nS/cm^2'."""
        return join_short([(f.symbol, f.power) for f in self.factors]) or "1"

    @property
    def latex(self) -> str:
        r"""LaTeX in math mode: '\frac{\mathrm{n}\mathrm{S}}{\mathrm{c}\mathrm{m}^{2}}'."""
        above = [_latex_power(f.latex, f.power) for f in self.factors if f.power > 0]
        below = [_latex_power(f.latex, -f.power) for f in self.factors if f.power < 0]
        space = r"\,"
        if not above:
            return space.join(_latex_power(f.latex, f.power) for f in self.factors) or "1"
        if not below:
            return space.join(above)
        return rf"\frac{{{space.join(above)}}}{{{space.join(below)}}}"

    def times(self, other: UnitSpec) -> UnitSpec:
        factors = _collect(self.factors + other.factors)
        return UnitSpec(self.dim * other.dim, self.scale + other.scale, factors)

    def to_power(self, power: float) -> UnitSpec:
        factors = tuple(Factor(f.name, f.symbol, f.latex, f.power * power) for f in self.factors)
        return UnitSpec(self.dim**power, self.scale * power, _collect(factors))

    def with_prefix(self, prefix: str) -> UnitSpec:
        """The unit with an SI prefix on its first factor; raises ValueError for no prefix."""
        if prefix not in PREFIXES:
            raise ValueError(f"'{prefix}' is no SI prefix; those are {', '.join(PREFIXES)}")
        first, *rest = self.factors
        latex = _prefix_latex(prefix) + first.latex
        scaled = Factor(prefix + first.name, prefix + first.symbol, latex, first.power)
        scale = self.scale + PREFIXES[prefix] * first.power
        return UnitSpec(self.dim, scale, (scaled, *rest))


def _latex_power(latex: str, power: float) -> str:
    return latex if power == 1 else f"{latex}^{{{power:.12g}}}"


def _collect(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Add up the powers of equal units, in order of first appearance."""
    found: dict[str, Factor] = {}
    for f in factors:
        known = found.get(f.name)
        power = f.power if known is None else known.power + f.power
        found[f.name] = Factor(f.name, f.symbol, f.latex, power)
    return tuple(f for f in found.values() if f.power)


def named_spec(dim: Dimension, scale: float, name: str, symbol: str, latex: str = "") -> UnitSpec:
    """A unit with a name of its own."""
    factor = Factor(name, symbol, latex or rf"\mathrm{{{symbol}}}")
    return UnitSpec(dim, scale, (factor,))


# ---------------------------------------------------------------------- the table of units


def _stems() -> dict[str, tuple[str, Dimension, int]]:
    """(symbol, dimension, scale) of every unit that takes prefixes."""
    base = [Dimension(tuple(float(i == k) for i in range(7))) for k in range(7)]
    stems = {n: (s, d, 0) for n, s, d in zip(BASE_NAMES, BASE_SYMBOLS, base) if n != "kilogram"}
    stems |= {name: (symbol, dim, 0) for name, (symbol, dim) in DERIVED.items()}
    length, mass, current, amount, light = base[0], base[1], base[3], base[5], base[6]
    del stems["mmolar"]
    return stems | {
        "meter": ("m", length, 0),
        "gram": ("g", mass, -3),
        "gramme": ("g", mass, -3),
        "ampere": ("A", current, 0),
        "mol": ("mol", amount, 0),
        "molar": ("M", DERIVED["mmolar"][1], 3),
        "liter": ("l", length**3, -3),
        "litre": ("l", length**3, -3),
        "radian": ("rad", DIMENSIONLESS, 0),
        "steradian": ("sr", DIMENSIONLESS, 0),
        "lumen": ("lm", light, 0),
        "becquerel": ("Bq", DERIVED["hertz"][1], 0),
        "sievert": ("Sv", DERIVED["gray"][1], 0),
    }


STEMS: Final = _stems()
_PLAIN: Final = ("kilogram", "kilogramme")  # these take no prefix
_NO_POWERS: Final = ("liter", "litre")  # already a volume

# the short names that scripts import, and what they stand for
SHORT_NAMES: Final[dict[str, str]] = {
    "mV": "mvolt", "mA": "mamp", "uA": "uamp", "nA": "namp", "pA": "pamp",
    "pF": "pfarad", "uF": "ufarad", "nF": "nfarad",
    "nS": "nsiemens", "uS": "usiemens", "mS": "msiemens",
    "ms": "msecond", "us": "usecond", "Hz": "hertz", "kHz": "khertz", "MHz": "Mhertz",
    "cm": "cmetre", "cm2": "cmetre2", "cm3": "cmetre3",
    "mm": "mmetre", "mm2": "mmetre2", "mm3": "mmetre3",
    "um": "umetre", "um2": "umetre2", "um3": "umetre3",
    "mM": "mmolar", "uM": "umolar", "nM": "nmolar",
}  # fmt: skip


@cache
def find_spec(name: str) -> UnitSpec | None:
    """The unit of this name, or None: 'volt', 'mvolt', 'cmetre2', 'kilogram', 'mV'."""
    name = SHORT_NAMES.get(name, name)
    if name.endswith(("2", "3")):
        inner = _linear_spec(name[:-1])
        if inner is None or name[:-1].endswith(_NO_POWERS):
            return None
        return inner.to_power(int(name[-1]))
    return _linear_spec(name)


def _linear_spec(name: str) -> UnitSpec | None:
    if name in _PLAIN:
        return named_spec(Dimension((0, 1, 0, 0, 0, 0, 0)), 0, name, "kg")
    for prefix, power in PREFIXES.items():
        stem = STEMS.get(name[len(prefix) :]) if name.startswith(prefix) else None
        if stem is None:
            continue
        symbol, dim, scale = stem
        latex = _prefix_latex(prefix) + rf"\mathrm{{{symbol}}}"
        return named_spec(dim, scale + power, name, prefix + symbol, latex)
    return None


def _prefix_latex(prefix: str) -> str:
    return _LATEX_PREFIX.get(prefix, rf"\mathrm{{{prefix}}}" if prefix else "")


@cache
def all_names() -> tuple[str, ...]:
    """Every unit name with its prefixes, squares and cubes; short names not included."""
    linear = [*_PLAIN, *(p + s for s, p in product(STEMS, PREFIXES))]
    powers = [n + d for n in linear if not n.endswith(_NO_POWERS) for d in "23"]
    return tuple(linear + powers)


# ---------------------------------------------------------------------- which unit to show

_SHOWN: Final = tuple(p for p, power in PREFIXES.items() if power % 3 == 0)
_POWERS: Final = (1.0, 2.0, 3.0)


def spec_of_dimension(dim: Dimension) -> UnitSpec:
    """The SI unit of a dimension: 'volt', 'amp / metre**2'; scale 0.

    >>> from rheobase.units.specs import find_spec, spec_of_dimension
    >>> spec_of_dimension(find_spec("nsiemens").dim).name
    'siemens'
    """
    factors = tuple(Factor(n, s, rf"\mathrm{{{s}}}", p) for n, s, p in factorise(dim))
    return UnitSpec(dim, 0, factors)


@cache
def display_candidates(dim: Dimension) -> tuple[UnitSpec, ...]:
    """The units that a quantity of this dimension may be shown in, the SI unit first.

    Where the first factor is a named unit to the power 1, 2 or 3 it comes with all prefixes of
    thousands (uS/m^2); any other dimension is shown in SI units.
    """
    plain = spec_of_dimension(dim)
    if not plain.factors or plain.factors[0].power not in _POWERS:
        return (plain,)
    first, *others = plain.factors
    rest = UnitSpec(DIMENSIONLESS, 0, tuple(others))
    stem = {"kilogram": "gram", "mmolar": "molar"}.get(first.name, first.name)
    found = [find_spec(prefix + stem) for prefix in _SHOWN]
    scaled = [spec.to_power(first.power).times(rest) for spec in found if spec is not None]
    return (plain, *(UnitSpec(dim, s.scale, s.factors) for s in scaled if s.scale != plain.scale))
