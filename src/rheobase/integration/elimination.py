"""Small linear systems with entries that are expressions: Gaussian elimination, written out.

The matrix is that of an implicit step, a multiple of unity less a Jacobian. Which entries are zero
is known when the code is made: nothing is computed for them, and rows are taken in the order that
makes the fewest new entries (Markowitz 1957), so the gates of a Hodgkin-Huxley cell cost no more
than a division each.

Rows are not exchanged at run time: an exchange would be a selection in every element of every row.
It is not needed where the step can be chosen, since a short step makes the diagonal dominant. What
exchange protects from is noticed instead: `lost` is true where a pivot has lost more than six
digits to cancellation. (A test that no choice of units can change, unlike the size of a pivot: each
of the terms compared has the unit of the diagonal.) Such a step is refused and a shorter one tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rheobase.integration.terms import ZERO, is_zero, product, total
from rheobase.lang.nodes import Assign, Binary, Call, Compare, Expr, Logic, Name, Number, Unary

__all__ = ["Elimination"]

Entries = Mapping[tuple[str, str], Expr]

_LOST = 1e-6


class Elimination:
    """One matrix, eliminated; then as many right-hand sides as one likes.

    entries   (row, column) -> expression; zeros are left out, all diagonal entries are there
    """

    def __init__(self, names: tuple[str, ...], entries: Entries) -> None:
        self.entries: dict[tuple[str, str], Expr] = {
            key: value for key, value in entries.items() if not is_zero(value)
        }
        self.order = _order(names, set(self.entries))
        self.factors: dict[tuple[str, str], Name] = {}  # below the diagonal
        self.lost: Expr = Number(False)

    def eliminate(self) -> Iterator[Assign]:
        """Statements that make the factors; `lost` is known then."""
        above: list[str] = []
        tests: list[Expr] = []
        for row in self.order:
            sizes = [_absolute(self.entries[row, row])]
            for pivot in above:
                if (row, pivot) not in self.entries:
                    continue
                factor = Name(f"_f_{row}_{pivot}")
                value = product(self.entries[row, pivot], Name(f"_inverse_{pivot}"))
                yield Assign(factor.id, None, value)
                self.factors[row, pivot] = factor
                for column in self.order[self.order.index(pivot) + 1 :]:
                    if (pivot, column) in self.entries:
                        yield from self._subtract(row, column, factor, pivot, sizes)
            diagonal = self.entries[row, row]
            yield Assign(f"_inverse_{row}", None, Binary("/", Number(1.0), diagonal))
            if len(sizes) > 1:
                least = product(Number(_LOST), total(sizes))
                tests.append(Compare("<", _absolute(diagonal), least))
            above.append(row)
        if tests:
            self.lost = tests[0] if len(tests) == 1 else Logic("or", tuple(tests))

    def _subtract(
        self, row: str, column: str, factor: Expr, pivot: str, sizes: list[Expr]
    ) -> Iterator[Assign]:
        term = product(factor, self.entries[pivot, column])
        name = Name(f"_m{len(self.factors)}_{row}_{column}")
        if row == column:
            yield Assign(f"_t{len(self.factors)}_{row}", None, term)
            term = Name(f"_t{len(self.factors)}_{row}")
            sizes.append(_absolute(term))
        before = self.entries.get((row, column))
        yield Assign(name.id, None, Binary("-", before, term) if before else Unary("-", term))
        self.entries[row, column] = name

    def solve(self, right: Mapping[str, Expr], prefix: str) -> Iterator[Assign]:
        """Statements that assign the solution to f'{prefix}_{name}'."""
        reduced: dict[str, Expr] = {}
        for k, row in enumerate(self.order):
            value = right[row]
            for pivot in self.order[:k]:
                if (row, pivot) in self.factors and not is_zero(reduced[pivot]):
                    value = _less(value, product(self.factors[row, pivot], reduced[pivot]))
            reduced[row] = value if is_zero(value) else Name(f"{prefix}_right_{row}")
            if not is_zero(value):
                yield Assign(f"{prefix}_right_{row}", None, value)
        for k in range(len(self.order) - 1, -1, -1):
            row = self.order[k]
            value = reduced[row]
            for column in self.order[k + 1 :]:
                if (row, column) in self.entries:
                    known = Name(f"{prefix}_{column}")
                    value = _less(value, product(self.entries[row, column], known))
            yield Assign(f"{prefix}_{row}", None, product(value, Name(f"_inverse_{row}")))


def _absolute(x: Expr) -> Expr:
    return Call("abs", (x,))


def _less(a: Expr, b: Expr) -> Expr:
    return Unary("-", b) if a == ZERO else Binary("-", a, b)


def _order(names: tuple[str, ...], entries: set[tuple[str, str]]) -> tuple[str, ...]:
    """The rows and columns, those first whose elimination touches the fewest others."""
    entries, left, order = set(entries), list(names), list[str]()

    def touched(name: str) -> int:
        rows = sum((other, name) in entries for other in left) - 1
        return rows * (sum((name, other) in entries for other in left) - 1)

    while left:
        chosen = min(left, key=touched)
        left.remove(chosen)
        order.append(chosen)
        rows = [r for r in left if (r, chosen) in entries]
        columns = [c for c in left if (chosen, c) in entries]
        entries |= {(r, c) for r in rows for c in columns}
    return tuple(order)
