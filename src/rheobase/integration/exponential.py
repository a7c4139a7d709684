"""The exponential of a small matrix as straight-line code, for steps of any length.

Where coefficients differ between elements, or the step does, no table of propagators can be made in
advance. The code computes E = exp(M) - 1 for M = A*h/2**N by three terms of its series and then
squares N times: exp(2 M) - 1 = 2 E + E*E, which loses nothing while E is small. Entries that are
zero for every value of the coefficients take no code.

Error: that of the series below x**4 * 2**-96 for x = |A| h; rounding below 1e-14 of the greatest
entry. No entry overflows for decaying systems below x = 1e10.
Source: Moler & Van Loan 2003, SIAM Rev. 45:3-49, method 3 (scaling and squaring).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from rheobase.integration.terms import product, total
from rheobase.lang.nodes import Assign, Expr, Name, Number

__all__ = ["advance"]

_SQUARINGS: Final = 32
_ONE: Final = ""  # the column of what is added at a constant rate

Matrix: TypeAlias = Mapping[tuple[str, str], Expr]


def advance(
    factors: Matrix, rests: Mapping[str, Expr], elapsed: Expr
) -> tuple[list[Assign], dict[str, Expr]]:
    """dx/dt = A x + b over a time: statements that come first, and the value of each x after it.

    factors   the entries (x, y) of A that are not zero
    rests     the entries x of b that are not zero
    """
    code: list[Assign] = []

    def named(name: str, matrix: Matrix) -> Matrix:
        found: dict[tuple[str, str], Expr] = {}
        for (row, column), expr in matrix.items():
            found[row, column] = Name(f"_{name}_{row}_{column}")
            code.append(Assign(f"_{name}_{row}_{column}", None, expr))
        return found

    rates = {**factors, **{(row, _ONE): rest for row, rest in rests.items()}}
    step = product(elapsed, Number(2.0**-_SQUARINGS))
    m = named("m", {place: product(rate, step) for place, rate in rates.items()})
    square = _times(m, m)
    cube = _times(m, named("mm", square))
    e = named("e0", _sum((1.0, m), (1 / 2, square), (1 / 6, cube)))
    for k in range(1, _SQUARINGS + 1):
        e = named(f"e{k}", _sum((2.0, e), (1.0, _times(e, e))))
    names = {row for row, _ in rates}
    return code, {
        x: total((Name(x), *(_applied(e[r, c], c) for r, c in e if r == x))) for x in names
    }


def _applied(entry: Expr, column: str) -> Expr:
    return entry if column == _ONE else product(entry, Name(column))


def _times(a: Matrix, b: Matrix) -> Matrix:
    terms: dict[tuple[str, str], list[Expr]] = {}
    for (row, inner), x in a.items():
        for (same, column), y in b.items():
            if inner == same:
                terms.setdefault((row, column), []).append(product(x, y))
    return {place: total(found) for place, found in terms.items()}


def _sum(*parts: tuple[float, Matrix]) -> Matrix:
    places = dict.fromkeys(place for _, matrix in parts for place in matrix)
    return {
        place: total(
            product(Number(factor), matrix[place]) for factor, matrix in parts if place in matrix
        )
        for place in places
    }
