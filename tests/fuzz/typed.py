"""Random well-typed expressions with dimensions, and the values of their variables."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    Unary,
)
from rheobase.lang.symbols import Symbol, Type
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.registry import lookup_unit

__all__ = ["SYMBOLS", "Generator", "N", "values"]

N = 67  # elements: whole vectors and a rest


def _dim(unit: str) -> Dimension:
    found = lookup_unit(unit)
    assert found is not None
    return found.dim


ONE = DIMENSIONLESS
VOLT, AMP, SECOND, SIEMENS, OHM = map(_dim, ("volt", "amp", "second", "siemens", "ohm"))
DIMS: Final = (ONE, VOLT, AMP, SECOND, SIEMENS, OHM, VOLT * VOLT, SECOND**2)
_UNITS: Final = {
    ONE: (),
    VOLT: ("volt", "mV"),
    AMP: ("amp", "nA"),
    SECOND: ("second", "ms"),
    SIEMENS: ("siemens", "uS"),
    OHM: ("ohm", "Mohm"),
    VOLT * VOLT: ("volt2",),
    SECOND**2: ("second2",),
}
SYMBOLS: Final = {
    s.name: s
    for s in (
        *(Symbol(n, Type.FLOAT) for n in "xyz"),
        Symbol("v", Type.FLOAT, VOLT),
        Symbol("El", Type.FLOAT, VOLT, shared=True, constant=True),
        Symbol("I", Type.FLOAT, AMP),
        Symbol("g", Type.FLOAT, SIEMENS),
        Symbol("R", Type.FLOAT, OHM),
        Symbol("t", Type.FLOAT, SECOND, shared=True, read_only=True),
        Symbol("tau", Type.FLOAT, SECOND, shared=True, constant=True),
        *(Symbol(n, Type.INTEGER) for n in "kn"),
        *(Symbol(n, Type.BOOLEAN) for n in "bc"),
    )
}
_AWKWARD: Final = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-9, -1e-9, 1e-300, 36.5, -36.5, 710.0, 1e9)


def values(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    """Numbers for the symbols: (N,) or (1,) if shared; ordinary ones and awkward ones."""
    found: dict[str, NDArray[np.generic]] = {}
    for name, symbol in SYMBOLS.items():
        size = 1 if symbol.shared else N
        if symbol.type is Type.BOOLEAN:
            found[name] = rng.random(size) < 0.5
        elif symbol.type is Type.INTEGER:
            found[name] = rng.integers(-10, 11, size).astype(np.int32)
        else:
            scale = 1.0 if symbol.dim is ONE else 10.0 ** rng.integers(-9, 1)
            numbers = rng.normal(size=size) * rng.choice((1.0, 10.0), size) * scale
            numbers[: len(_AWKWARD)] = _AWKWARD[:size]
            found[name] = numbers
    return found


class Generator:
    """Makes expressions of a wanted type and dimension."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def any(self) -> tuple[Expr, Type, Dimension]:
        """An expression, and the type and dimension that it has."""
        depth = self.rng.choice((1, 2, 2, 3, 3, 4))
        kind = self.rng.choice("ffffffib")
        if kind == "i":
            return self.integer(depth), Type.INTEGER, ONE
        if kind == "b":
            return self.boolean(depth), Type.BOOLEAN, ONE
        dim = self.rng.choice((ONE, ONE, *DIMS))
        return self.float(depth, dim), Type.FLOAT, dim

    # ------------------------------------------------------------ floats
    def float(self, depth: int, dim: Dimension) -> Expr:
        if depth <= 0:
            return self.float_leaf(dim)
        depth -= 1
        makers: list[Callable[[], Expr]] = [
            lambda: Binary(self.rng.choice(("+", "-")), *self.pair(depth, dim)),
            lambda: Binary(self.rng.choice(("+", "-", "%")), *self.pair(depth, dim)),
            lambda: self.product(depth, dim),
            lambda: self.quotient(depth, dim),
            lambda: Unary(self.rng.choice("-+"), self.float(depth, dim)),
            lambda: Call(self.rng.choice(("abs", "floor", "ceil")), (self.float(depth, dim),)),
            lambda: Call("clip", tuple(self.float(depth - k, dim) for k in (0, 1, 1))),
            lambda: Conditional(self.boolean(depth), *self.pair(depth, dim)),
        ]
        if dim * dim in DIMS:
            makers.append(lambda: Call("sqrt", (self.float(depth, dim * dim),)))
            makers.append(lambda: Binary("**", self.float(depth, dim * dim), Number(0.5)))
        for base in DIMS:
            if base is not ONE and base * base is dim:
                makers.append(lambda base=base: Binary("**", self.float(depth, base), Number(2)))
        if dim is ONE:
            makers += [lambda: self.function(depth), lambda: self.pure(depth)] * 3
        return self.rng.choice(makers)()

    def float_leaf(self, dim: Dimension) -> Expr:
        names = [n for n, s in SYMBOLS.items() if s.dim is dim and s.type is Type.FLOAT]
        if names and self.rng.random() < 0.75:
            return Name(self.rng.choice(names))
        number = Number(self.rng.choice((0.5, 1.0, 1.5, 2.0, 3.25, 0.1, 7.3, 1e-3, 40.0)))
        units = _UNITS[dim]
        return Binary("*", number, Name(self.rng.choice(units))) if units else number

    def pair(self, depth: int, dim: Dimension) -> tuple[Expr, Expr]:
        return self.float(depth, dim), self.float(depth - self.rng.randint(0, 1), dim)

    def product(self, depth: int, dim: Dimension) -> Expr:
        left = self.rng.choice([d for d in DIMS if dim / d in DIMS])
        return Binary("*", self.float(depth, left), self.float(depth - 1, dim / left))

    def quotient(self, depth: int, dim: Dimension) -> Expr:
        right = self.rng.choice([d for d in DIMS if dim * d in DIMS])
        return Binary("/", self.float(depth, dim * right), self.float(depth - 1, right))

    def function(self, depth: int) -> Expr:
        names = [
            f.name
            for f in FUNCTIONS.values()
            if f.dims == (ONE,) and f.python is not None and f.result_type is Type.FLOAT
        ]
        return Call(self.rng.choice(names), (self.float(depth, ONE),))

    def pure(self, depth: int) -> Expr:
        """What only pure numbers can do."""
        match self.rng.randrange(5):
            case 0:
                exponent = self.rng.choice((2, 3, 4, 7, -1, -2, 0.5, 1.5, -0.5, 2.0, 0))
                literal = Number(exponent) if exponent >= 0 else Unary("-", Number(-exponent))
                return Binary("**", self.float(depth, ONE), literal)
            case 1:
                return Binary("**", *self.pair(depth, ONE))
            case 2:
                return Binary("//", *self.pair(depth, ONE))
            case 3:
                mixed = self.integer(depth) if self.rng.random() < 0.7 else self.boolean(depth)
                return Binary(self.rng.choice("+-*"), self.float(depth, ONE), mixed)
            case _:
                return Binary("/", self.integer(depth), self.integer(depth))

    # ------------------------------------------------------------ integers
    def integer(self, depth: int) -> Expr:
        if depth <= 0:
            return Name(self.rng.choice("kn")) if self.rng.random() < 0.7 else Number(
                self.rng.randint(0, 9)
            )  # fmt: skip
        depth -= 1
        left, right = self.integer(depth), self.integer(depth - 1)
        match self.rng.randrange(9):
            case 0 | 1:
                return Binary(self.rng.choice(("+", "-", "*")), left, right)
            case 2 | 3:
                return Binary(self.rng.choice(("//", "%")), left, right)
            case 4:
                limits = (Number(-1000.0), Number(1000.0))
                inside = Call("clip", (self.float(depth, ONE), *map(_literal, limits)))
                return Call("int", (inside,))
            case 5:
                return Call("int", (self.boolean(depth),))
            case 6:
                return Call(self.rng.choice(("abs", "sign")), (left,))
            case 7:
                return Conditional(self.boolean(depth), left, right)
            case _:
                return Binary("**", left, Number(self.rng.choice((0, 1, 2, 3))))

    # ------------------------------------------------------------ booleans
    def boolean(self, depth: int) -> Expr:
        if depth <= 0:
            return Name(self.rng.choice("bc")) if self.rng.random() < 0.8 else Number(
                self.rng.random() < 0.5
            )  # fmt: skip
        depth -= 1
        match self.rng.randrange(5):
            case 0 | 1:
                operator = self.rng.choice(("<", "<=", ">", ">=", "==", "!="))
                return Compare(operator, *self.pair(depth, self.rng.choice(DIMS)))
            case 2:
                operator = self.rng.choice(("<", "<=", ">", ">=", "==", "!="))
                return Compare(operator, self.integer(depth), self.integer(depth))
            case 3:
                operands = tuple(self.boolean(depth) for _ in range(self.rng.choice((2, 2, 3))))
                return Logic(self.rng.choice(("and", "or")), operands)
            case _:
                return Not(self.boolean(depth))


def _literal(number: Number) -> Expr:
    """A negative literal as a text gives it."""
    value = number.value
    return number if value >= 0 else Unary("-", Number(-value))
