"""Explicit methods that choose their step: embedded Runge-Kutta pairs, under GSL's names.

The pairs of the same names in GSL, where the step goes on with the better result too. GSL itself is
not needed: every element chooses its own steps inside the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rheobase.integration.control import STEP, Adaptive, Slopes, error_name, new_name
from rheobase.integration.tableaus import (
    CASH_KARP,
    CLASSICAL_DOUBLED,
    FEHLBERG,
    KUTTA,
    PRINCE_DORMAND,
    Tableau,
)
from rheobase.integration.terms import product, total
from rheobase.lang.nodes import Assign, Expr, Name, Number
from rheobase.records import record

__all__ = ["PAIRS", "RungeKutta"]


@record
class RungeKutta(Adaptive):
    """The method of one tableau."""

    tableau: Tableau

    @property
    def order(self) -> int:
        return self.tableau.order

    @property
    def order_low(self) -> int:
        return self.tableau.order_low

    def attempt(
        self, slopes: Slopes, state: Mapping[str, Expr], time: Expr, estimate: bool
    ) -> Iterator[Assign]:
        table, taken = self.tableau, list[Mapping[str, Expr]]()
        for k, (row, c) in enumerate(zip(table.a, table.c), start=1):
            at = dict(state) if k == 1 else {}
            if k > 1:
                for name, x in state.items():
                    at[name] = Name(f"_x{k}_{name}")
                    yield Assign(f"_x{k}_{name}", None, _moved(x, row, taken, name))
            slope: dict[str, Expr] = {}
            when = total((time, product(Number(c), STEP))) if c else time
            for name, expr in slopes.expressions.items():
                yield Assign(f"_k{k}_{name}", None, slopes.at(expr, at, when))
                slope[name] = Name(f"_k{k}_{name}")
            taken.append(slope)
        for name, x in state.items():
            yield Assign(new_name(name), None, _moved(x, table.b, taken, name))
            if estimate:
                error = product(STEP, _weighted(table.e, taken, name))
                yield Assign(error_name(name), None, error)


def _weighted(weights: Iterable[float], slopes: Iterable[Mapping[str, Expr]], name: str) -> Expr:
    return total(product(Number(w), k[name]) for w, k in zip(weights, slopes) if w)


def _moved(
    x: Expr, weights: Iterable[float], slopes: Iterable[Mapping[str, Expr]], name: str
) -> Expr:
    return total((x, product(STEP, _weighted(weights, slopes, name))))


PAIRS: Final = (
    RungeKutta("gsl_rkf45", FEHLBERG),
    RungeKutta("gsl_rkck", CASH_KARP),
    RungeKutta("gsl_rk8pd", PRINCE_DORMAND),
    RungeKutta("gsl_rk2", KUTTA),
    RungeKutta("gsl_rk4", CLASSICAL_DOUBLED),
)
