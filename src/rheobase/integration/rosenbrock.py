"""Stiff equations: a Rosenbrock method, implicit without iterations.

Each of the s stages is one linear system with the same matrix, in which J is the Jacobian at the
beginning of the step:

    (1/(h*gamma) - J) u_i = f(x + sum_j a_ij*u_j, t + alpha_i*h) + sum_j c_ij/h*u_j
                            + gamma_i*h*df/dt
    x_new = x + sum_i m_i*u_i,    error = sum_i e_i*u_i

J and df/dt are derived from the equations as text, so they are exact; the system is solved within
the kernel (elimination.py). L-stable: components that decay much faster than h are gone after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from rheobase.errors import UnsupportedEquationsError
from rheobase.integration.control import STEP, Adaptive, Slopes, error_name, new_name
from rheobase.integration.elimination import Elimination
from rheobase.integration.system import System
from rheobase.integration.terms import TIME, Refusal, is_zero, product, total
from rheobase.lang.fold import derivative
from rheobase.lang.functions import FunctionInfo
from rheobase.lang.nodes import NOWHERE, Assign, Binary, Conditional, Expr, Name, Number, names_in
from rheobase.records import record

__all__ = ["ROSENBROCK", "Coefficients", "Rosenbrock", "jacobian"]

Row = tuple[float, ...]


@record
class Coefficients:
    """One Rosenbrock method with s stages, in the form above.

    a, c         s rows, row i with i entries
    alpha        (s,)  where f is taken; gammas (s,)  the factor of df/dt
    m, e         (s,)  weights of the result and of the error
    Raises ValueError if the rows do not fit together.
    """

    gamma: float
    a: tuple[Row, ...]
    c: tuple[Row, ...]
    alpha: Row
    gammas: Row
    m: Row
    e: Row
    order: int
    order_low: int

    def __post_init__(self) -> None:
        s = len(self.m)
        sizes = [len(row) for row in self.a], [len(row) for row in self.c]
        if sizes != ([*range(s)], [*range(s)]) or {
            *map(len, (self.alpha, self.gammas, self.e))
        } != {s}:
            raise ValueError(f"{s} weights do not fit rows {sizes}")


_A5: Final = (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950)

RODAS: Final = Coefficients(
    gamma=0.25,
    a=(
        (),
        (1.544,),
        (0.9466785280815826, 0.2557011698983284),
        (3.314825187068521, 2.896124015972201, 0.9986419139977817),
        _A5,
        (*_A5, 1.0),
    ),
    c=(
        (),
        (-5.6688,),
        (-2.430093356833875, -0.2063599157091915),
        (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
        (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
        *((8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
           -6.058818238834054),),
    ),
    alpha=(0.0, 0.386, 0.21, 0.63, 1.0, 1.0),
    gammas=(0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0),
    m=(*_A5, 1.0, 1.0),
    e=(0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    order=4,
    order_low=3,
)  # fmt: skip
"""RODAS, 4(3): six stages, L-stable, both results stiffly accurate.
Source: Hairer & Wanner 1996, Solving Ordinary Differential Equations II, IV.7 and IV.10.
"""


@record
class Rosenbrock(Adaptive):
    """The method 'rosenbrock', for equations with time constants far apart."""

    name: str = "rosenbrock"
    table: Coefficients = RODAS

    @property
    def order(self) -> int:
        return self.table.order

    @property
    def order_low(self) -> int:
        return self.table.order_low

    def refuses(self, system: System) -> Refusal | None:
        refusal = super().refuses(system)
        if refusal is not None:
            return refusal
        try:
            jacobian(Slopes(system))
        except UnsupportedEquationsError as error:
            fault = error.faults[0]
            text = f"{fault.message.rstrip('.')}, and this method needs it."
            return Refusal(text, fault.span or NOWHERE)
        return None

    def attempt(
        self, slopes: Slopes, state: Mapping[str, Expr], time: Expr, estimate: bool
    ) -> Iterator[Assign]:
        table, names = self.table, tuple(state)
        inverse, diagonal = Name("_per_h"), Name("_shift")
        yield Assign(inverse.id, None, Binary("/", Number(1.0), STEP))
        yield Assign(diagonal.id, None, product(inverse, Number(1 / table.gamma)))
        entries: dict[tuple[str, str], Expr] = {}
        by_time: dict[str, Expr] = {}
        for (row, column), slope in jacobian(slopes).items():
            found = Name(f"_j_{row}_{column}" if column else f"_by_t_{row}")
            yield Assign(found.id, None, slopes.at(slope, state, time))
            if column:
                entries[row, column] = Binary("-", Number(0.0), found)
            else:
                by_time[row] = found
        for name in names:
            less = entries.get((name, name))
            entries[name, name] = Binary("+", diagonal, less) if less else diagonal
        solver = Elimination(names, entries)
        yield from solver.eliminate()
        for k in range(len(table.m)):
            yield from self._stage(k, slopes, state, time, by_time, solver)
        lost = solver.lost
        for name, x in state.items():
            moved = total((x, _weighted(table.m, name)))
            yield Assign(new_name(name), None, moved)
            if estimate:
                error = _weighted(table.e, name)
                refused = (
                    error if lost == Number(False) else Conditional(lost, Number(1e300), error)
                )
                yield Assign(error_name(name), None, refused)

    def _stage(
        self,
        k: int,
        slopes: Slopes,
        state: Mapping[str, Expr],
        time: Expr,
        by_time: Mapping[str, Expr],
        solver: Elimination,
    ) -> Iterator[Assign]:
        table = self.table
        at: dict[str, Expr] = dict(state)
        if any(table.a[k]):
            for name, x in state.items():
                at[name] = Name(f"_x{k}_{name}")
                yield Assign(f"_x{k}_{name}", None, total((x, _weighted(table.a[k], name))))
        alpha = table.alpha[k]
        when = total((time, product(Number(alpha), STEP))) if alpha else time
        right: dict[str, Expr] = {}
        for name, expr in slopes.expressions.items():
            terms = [slopes.at(expr, at, when)]
            if any(table.c[k]):
                terms.append(product(Name("_per_h"), _weighted(table.c[k], name)))
            if name in by_time and table.gammas[k]:
                terms.append(product(Number(table.gammas[k]), STEP, by_time[name]))
            right[name] = total(terms)
        yield from solver.solve(right, f"_u{k}")


ROSENBROCK: Final = Rosenbrock()


def _weighted(weights: Row, name: str) -> Expr:
    return total(product(Number(w), Name(f"_u{k}_{name}")) for k, w in enumerate(weights) if w)


def jacobian(slopes: Slopes) -> dict[tuple[str, str], Expr]:
    """Derivatives of the right-hand sides that are not zero: (row, column); column '' for t.

    A function of t on a grid of its own, a TimedArray, is taken as the steps that it is.
    Raises UnsupportedEquationsError for functions whose derivative is not known.
    """
    system = slopes.system
    functions = {n: _with_steps(f) for n, f in system.functions.items()}
    found: dict[tuple[str, str], Expr] = {}
    for row, slope in slopes.expressions.items():
        used = names_in(slope)
        for column in (*system.equations, TIME.id):
            if column in used:
                entry = derivative(slope, column, functions)
                if not is_zero(entry):
                    found[row, "" if column == TIME.id else column] = entry
    return found


def _with_steps(info: FunctionInfo) -> FunctionInfo:
    if info.grid is None:
        return info
    return replace(info, partials=tuple(Number(0.0) for _ in info.parameters))
