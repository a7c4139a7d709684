"""Linear systems, advanced without error in dt.

dx/dt = A x + b is solved by x(t + dt) = P x + Q b with P = exp(A dt) and Q = the integral of
exp(A s) over 0 < s < dt, where b, and whatever A depends on, holds still over the step. P and Q are
computed as numbers when a run starts (`matrices.propagator`): equal time constants are no special
case, and the number of equations has no limit.

Each variable sees the smallest system that determines it: itself and all that it reaches through
A. What its row of A and b depends on decides how the row is computed:

    constants                          one table for all elements
    constant parameters per element    one table with a column for each element
    other parameters (they may change) by formula in every step, if the variable depends on no
                                       other, or on variables that decay on their own

Source: Rotter & Diesmann 1999, Biol. Cybern. 81:381-402.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.integration.exponential import advance
from rheobase.integration.matrices import propagator
from rheobase.integration.system import Evaluate, System, Table, Updates
from rheobase.integration.terms import (
    DT,
    NOT_REFRACTORY,
    TIME,
    ZERO,
    Refusal,
    exponential_step,
    is_zero,
    noise_refusal,
    nonlinear_part,
    product,
    simultaneous,
    total,
)
from rheobase.integration.written import Written
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Name,
    Unary,
    names_in,
    substitute,
    transform,
    walk,
)
from rheobase.lang.symbols import Symbol, Type
from rheobase.records import record

__all__ = ["EXACT", "Exact"]

_TIMES: Final = frozenset(("t", "t_in_timesteps"))


class _Reach(IntEnum):
    """How far a value is the same; the greater, the less is known before the run."""

    SHARED = 0  # one constant for all elements
    ELEMENT = 1  # a constant for each element
    CHANGING = 2  # may change from step to step


@record
class _Row:
    """dx/dt = sum of factors[y]*y + rest; zero factors are left out."""

    factors: Mapping[str, Expr]
    rest: Expr


_STILL: Final = _Row({}, ZERO)  # of a variable that is refractory


@record
class Exact(Written):
    """The method 'exact'."""

    name: str = "exact"
    options: Mapping[str, object] = field(default_factory=lambda: {"simplify": True})

    def refuses(self, system: System) -> Refusal | None:
        system, _ = _held_still(system)
        rows: dict[str, _Row] = {}
        for name, expr in system.equations.items():
            row = _linear_row(name, expr, system)
            if isinstance(row, Refusal):
                return row
            rows[name] = row
        for name in rows:
            for variant in _variants(name, rows, system):
                refusal = _unsolvable(name, variant, system)
                if refusal is not None:
                    return refusal
        return None

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates:
        """`simplify` is accepted for scripts that give it; there is nothing to simplify."""
        system, first = _held_still(system)
        rows: dict[str, _Row] = {}
        for name, expr in system.equations.items():
            row = _linear_row(name, expr, system)
            if isinstance(row, Refusal):
                raise ValueError(row)
            rows[name] = row
        tables = {_Reach.SHARED: _Entries("_p"), _Reach.ELEMENT: _Entries("_q", True)}
        new: dict[str, Expr] = {}
        for name in rows:
            advanced = [_advance(name, v, system, tables) for v in _variants(name, rows, system)]
            if len(advanced) == 2 and advanced[0] != advanced[1]:
                new[name] = Conditional(NOT_REFRACTORY, advanced[0], advanced[1])
            else:
                new[name] = advanced[0]
        statements = simultaneous({n: e for n, e in new.items() if e != Name(n)})
        made = tuple(
            Table(e.name, len(e.keys), e.compute, e.per_element) for e in tables.values() if e.keys
        )
        return Updates((*first, *statements), made)

    def over(self, system: System, elapsed: Expr) -> tuple[Assign, ...] | Refusal:
        """Statements that advance the variables by any time, given as an expression; not one step.

        They are formulas for variables that depend on no other, or on variables that decay on
        their own, and matrix exponentials for those that drive each other otherwise. Coefficients
        must hold still in the meantime.
        """
        rows: dict[str, _Row] = {}
        for name, expr in system.equations.items():
            row = _linear_row(name, expr, system)
            if isinstance(row, Refusal):
                return row
            rows[name] = row
        blocks = {name: _closure(name, rows) for name in rows}
        coupled = [n for n in rows if not _has_formula(n, blocks[n])]
        together = {m: rows[m] for n in coupled for m in blocks[n]}
        factors = {(n, m): f for n, row in together.items() for m, f in row.factors.items()}
        rests = {n: row.rest for n, row in together.items() if not is_zero(row.rest)}
        first, advanced = advance(factors, rests, elapsed) if coupled else ([], {})
        new = {
            n: advanced[n]
            if n in coupled
            else substitute(_by_formula(n, blocks[n]), {"dt": elapsed})
            for n in rows
        }
        return (*first, *simultaneous(new))


EXACT: Final = Exact()


# -------------------------------------------------------------------- reading the equations
def _held_still(system: System) -> tuple[System, tuple[Assign, ...]]:
    """The system with a name for each call that keeps its value during the step, and the
    statements that give these names their values."""
    if not system.still:
        return system, ()
    held: dict[Expr, Name] = {}

    def named(node: Expr) -> Expr | None:
        if not _is_still(node, system):
            return None
        return held.setdefault(node, Name(f"_still_{len(held)}", span=node.span))

    equations = {n: transform(e, named) for n, e in system.equations.items()}
    symbols = {name.id: Symbol(name.id, Type.FLOAT) for name in held.values()}
    first = tuple(Assign(name.id, None, call) for call, name in held.items())
    return replace(system, equations=equations, symbols={**system.symbols, **symbols}), first


def _is_still(node: Expr, system: System) -> bool:
    if not isinstance(node, Call) or node.function not in system.still:
        return False
    time, *rest = node.args
    used = frozenset[str]().union(*map(names_in, rest))
    moving = any(_moves(n, system) for e in rest for n in walk(e))
    return time == TIME and not moving and not used & system.equations.keys()


def _linear_row(name: str, expr: Expr, system: System) -> _Row | Refusal:
    noise = noise_refusal(name, expr)
    if noise is not None:
        return noise
    parts = linear_coefficients(expr, system.equations)
    if parts is None:
        culprit = nonlinear_part(expr, system.equations)
        used = ", ".join(sorted(names_in(culprit) & system.equations.keys()))
        return Refusal(
            f"'{culprit.span.text}' in the equation for '{name}' is not linear in {used}.",
            culprit.span,
        )
    moving = next((n for n in walk(expr) if _moves(n, system)), None)
    if moving is not None:
        return Refusal(
            f"'{moving.span.text}' in the equation for '{name}' is not constant over a step.",
            moving.span,
        )
    factors, rest = parts
    return _Row({n: factors[n] for n in factors if not is_zero(factors[n])}, rest)


def _moves(node: Expr, system: System) -> bool:
    if isinstance(node, Name):
        return node.id in _TIMES
    if not isinstance(node, Call):
        return False
    known = system.functions.get(node.function)
    return known is not None and not known.stateless


def _variants(name: str, rows: Mapping[str, _Row], system: System) -> list[dict[str, _Row]]:
    """The system that determines `name`; and the one that does while refractory, if they differ.

    Each holds the rows of `name`, which comes first, and of all that it reaches.
    """
    active = _closure(name, rows)
    if not system.refractory & active.keys():
        return [active]
    still = {n: _STILL if n in system.refractory else row for n, row in rows.items()}
    return [active, _closure(name, still)]


def _closure(name: str, rows: Mapping[str, _Row]) -> dict[str, _Row]:
    found = {name: rows[name]}
    pending = [name]
    while pending:
        for other in rows[pending.pop()].factors:
            if other not in found:
                found[other] = rows[other]
                pending.append(other)
    return found


def _reach(expr: Expr, system: System) -> _Reach:
    reach = _Reach.SHARED
    for name in names_in(expr) - {"dt"}:
        symbol = system.symbols[name]
        if not symbol.constant:
            return _Reach.CHANGING
        if not symbol.shared:
            reach = _Reach.ELEMENT
    return reach


def _matrix_reach(block: Mapping[str, _Row], system: System) -> _Reach:
    factors = (f for row in block.values() for f in row.factors.values())
    return max((_reach(f, system) for f in factors), default=_Reach.SHARED)


# -------------------------------------------------------------------- coefficients that change
def _unsolvable(name: str, block: Mapping[str, _Row], system: System) -> Refusal | None:
    if _matrix_reach(block, system) is not _Reach.CHANGING or _has_formula(name, block):
        return None
    changing = [f for r in block.values() for f in r.factors.values()]
    factor = next(f for f in changing if _reach(f, system) is _Reach.CHANGING)
    culprit = next(n for n in walk(factor) if isinstance(n, Name) and _changes(n, system))
    others = ", ".join(f"'{n}'" for n in block if n != name)
    return Refusal(
        f"'{name}' depends on {others} through '{culprit.id}', which may change during a run.",
        culprit.span,
        f"Give '{culprit.id}' the flag (constant) if it does not.",
    )


def _changes(name: Name, system: System) -> bool:
    return _reach(name, system) is _Reach.CHANGING


def _has_formula(name: str, block: Mapping[str, _Row]) -> bool:
    """Whether every other variable of the block decays on its own: dy/dt = d*y."""
    return all(
        is_zero(row.rest) and set(row.factors) <= {other}
        for other, row in block.items()
        if other != name
    )


def _by_formula(name: str, block: Mapping[str, _Row]) -> Expr:
    """dx/dt = a*x + b + sum of c*y, where dy/dt = d*y.

    The integral of exp(a*(dt - s))*c*exp(d*s) is c*dt*exp(m*dt)*exprel(-|a - d|*dt), m the greater
    of a and d: nothing singular at a = d, and nothing that overflows however far apart they are.
    """
    row = block[name]
    a = row.factors.get(name, ZERO)
    terms = [exponential_step(Name(name), a, row.rest)]
    for other, c in row.factors.items():
        if other == name:
            continue
        d = block[other].factors.get(other, ZERO)
        terms.append(product(Name(other), c, DT, *_both_decays(a, d)))
    return total(terms)


def _both_decays(a: Expr, d: Expr) -> tuple[Expr, ...]:
    """Factors of exp(m*dt)*exprel(-|a - d|*dt)."""
    if is_zero(a) or is_zero(d):
        rate = total((a, d))
        return () if is_zero(rate) else (Call("exprel", (product(rate, DT),)),)
    distance = Call("abs", (Binary("-", a, d),))
    slower = Conditional(Compare(">", a, d), a, d)
    return (
        Call("exp", (product(slower, DT),)),
        Call("exprel", (product(Unary("-", distance), DT),)),
    )


# -------------------------------------------------------------------- tables of propagators
def _advance(
    name: str, block: Mapping[str, _Row], system: System, tables: Mapping[_Reach, _Entries]
) -> Expr:
    """The value of `name` after the step."""
    if block[name] == _STILL:
        return Name(name)
    matrix = _matrix_reach(block, system)
    if matrix is _Reach.CHANGING:
        return _by_formula(name, block)
    names = tuple(block)
    key = _Block(
        names,
        tuple((n, m, f) for n, row in block.items() for m, f in row.factors.items()),
    )
    terms: list[Expr] = []
    for other in names:
        if other == name and not _feeds_back(name, block):
            terms.append(Name(name))
        else:
            entry = tables[matrix].entry(_Entry(key, name, other))
            terms.append(product(entry, Name(other)))
    rests = {n: row.rest for n, row in block.items() if not is_zero(row.rest)}
    constant = {n: r for n, r in rests.items() if _reach(r, system) is not _Reach.CHANGING}
    if constant:
        reach = max(matrix, *(_reach(r, system) for r in constant.values()))
        terms.append(tables[reach].entry(_Entry(key, name, None, tuple(constant.items()))))
    for other, rest in rests.items():
        if other not in constant:
            entry = tables[matrix].entry(_Entry(key, name, None, ((other, None),)))
            terms.append(product(entry, rest))
    return total(terms)


def _feeds_back(name: str, block: Mapping[str, _Row]) -> bool:
    """Whether a variable influences its own change, directly or through others."""
    return any(name in row.factors for row in block.values())


@record
class _Block:
    """A matrix: names number its rows, entries are (row, column, coefficient)."""

    names: tuple[str, ...]
    coefficients: tuple[tuple[str, str, Expr], ...]

    def matrices(self, evaluate: Evaluate) -> tuple[NDArray[Any], NDArray[Any]]:
        """(P, Q), each (k, k), or (N, k, k) where coefficients differ."""
        n = len(self.names)
        dt = np.asarray(evaluate(DT), np.float64).reshape(())
        values = [np.asarray(evaluate(c), np.float64) for _, _, c in self.coefficients]
        shape = np.broadcast_shapes(*(v.shape for v in values)) if values else ()
        a = np.zeros((*shape, n, n))
        for (row, column, _), value in zip(self.coefficients, values):
            a[..., self.names.index(row), self.names.index(column)] = value
        p, phi = propagator(a * dt)
        return p, phi * dt


@record
class _Entry:
    """One number of a table.

    P[row, column]; or, without a column, the sum of Q[row, n]*rest over (n, rest), where a rest of
    None counts as one.
    """

    block: _Block
    row: str
    column: str | None
    rests: tuple[tuple[str, Expr | None], ...] = ()


class _Entries:
    """The entries of one table, each once."""

    def __init__(self, name: str, per_element: bool = False) -> None:
        self.name = name
        self.per_element = per_element
        self.keys: dict[_Entry, int] = {}

    def entry(self, key: _Entry) -> Name:
        return Name(f"{self.name}_{self.keys.setdefault(key, len(self.keys))}")

    def compute(self, evaluate: Evaluate) -> NDArray[Any]:
        """(size,) or (size, N), as Table wants it."""
        matrices = {key.block: key.block.matrices(evaluate) for key in self.keys}
        with np.errstate(all="ignore"):
            values = [_value(key, *matrices[key.block], evaluate) for key in self.keys]
        table = np.stack(np.broadcast_arrays(*values))
        return table if self.per_element else table.reshape(len(values))


def _value(key: _Entry, p: NDArray[Any], q: NDArray[Any], evaluate: Evaluate) -> NDArray[Any]:
    index = key.block.names.index
    if key.column is not None:
        return p[..., index(key.row), index(key.column)]
    value = np.zeros(())
    for name, rest in key.rests:
        factor = q[..., index(key.row), index(name)]
        value = value + (factor if rest is None else factor * np.asarray(evaluate(rest)))
    return value
