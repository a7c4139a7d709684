"""BinomialFunction: whole numbers of a binomial distribution, drawn in models."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError, ModelValueError
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.nodes import Assign, Expr
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.symbols import Type
from rheobase.model.base import take_name
from rheobase.runtime import random
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["BinomialFunction"]

_REACH: Final = 9  # standard deviations: what lies further has a probability below 1e-18
_LARGEST: Final = 1 << 20  # entries of a table
_FEW: Final = 64  # thresholds, which are looked at one after the other
_WHOLE: Final = 1 << 63  # of a probability, in the unit of thresholds

_THRESHOLDS: Final = ((), parse_expression("_first + _reached()"))
# one uniform: which entry of the table, and whether it or its alias
_ALIASES: Final = (
    parse_statements("_x = rand()*_size\n_k = int(_x)"),
    parse_expression("_first + (_k if _x - _k < _chance(_k) else _alias(_k))"),
)
_NORMAL: Final = (
    parse_statements("_x = floor(_mean + _deviation*randn() + 0.5)"),
    parse_expression("int(clip(_x, 0.0, _n))"),
)


class BinomialFunction:
    """The number of successes in n independent trials, each with probability p.

    n            trials, a whole number >= 0
    p            0 <= p <= 1
    approximate  allow a rounded normal distribution where an exact table would be large; up to
                 variances of 3e9 the distribution is exact either way

    In models it is called without arguments, by the name of the Python variable; each call and each
    element draws anew: by inversion where few values are probable (up to variances of about 15),
    else by Walker's alias method, one uniform and two entries of a table for a draw, whatever n.
    `n` and `p` may be changed between runs (`set`) without compiling again, the method apart.

    Raises ModelValueError for n or p out of range.
    Source: Walker 1977, ACM TOMS 3:253-256; Vose 1991, IEEE TSE 17:972-975.

    >>> from rheobase import BinomialFunction, NeuronGroup
    >>> releases = BinomialFunction(10, 0.3)
    >>> cells = NeuronGroup(5, 'released : integer')
    >>> cells.released = 'releases()'
    >>> bool(max(cells.released) <= 10)
    True
    """

    def __init__(self, n: int, p: float, approximate: bool = True, name: str | None = None) -> None:
        self.name = take_name("_binomial*" if name is None else name, self)
        self.approximate = bool(approximate)
        self._integers = {k: Slot(k, I64) for k in ("_first", "_size")}
        self._floats = {k: Slot(k, F64) for k in ("_n", "_mean", "_deviation")}
        self._chance, self._alias = Slot("chance", F64), Slot("alias", I64)
        self._thresholds = Slot("thresholds", I64)
        self.set(n, p)
        methods = {"thresholds": _THRESHOLDS, "aliases": _ALIASES, "normal": _NORMAL}
        self._infos = {name: self._make_info(*code) for name, code in methods.items()}

    def set(self, n: int, p: float) -> None:
        """Change the distribution."""
        self.n, self.p = _whole(n), float(p)
        if not 0 <= self.p <= 1:
            raise ModelValueError(f"BinomialFunction: p must lie between 0 and 1, not {p}")
        mean = self.n * self.p
        deviation = math.sqrt(mean * (1 - self.p))
        first = max(0, math.floor(mean - _REACH * deviation) - 40)
        last = min(self.n, math.ceil(mean + _REACH * deviation) + 40)
        self.is_exact = last - first < _LARGEST or not self.approximate
        for slot, value in zip(self._floats.values(), (self.n, mean, deviation)):
            slot.data[0] = value
        if not self.is_exact:
            self._method = "normal"
            return
        probabilities = _probabilities(self.n, self.p, first, last)
        few = _thresholds(probabilities)
        if few is not None:
            least, thresholds = few
            self._method = "thresholds"
            self._thresholds.assign(thresholds)
            self._integers["_first"].data[0] = first + least
            return
        self._method = "aliases"
        chance, alias = _alias_table(probabilities)
        self._chance.assign(chance)
        self._alias.assign(alias)
        self._integers["_first"].data[0] = first
        self._integers["_size"].data[0] = len(chance)

    def __call__(self, size: int | None = None) -> Any:
        """One number, or an array of them, outside models; seed() determines it."""
        state = random.new_stream_state(self.name)
        random.write_stream(state, random.take_streams(), 0)
        generator = np.random.Generator(np.random.Philox(key=state.data[:2].astype(np.uint64)))
        return generator.binomial(self.n, self.p, size)

    def info(self, name: str) -> FunctionInfo | Fault:
        """The function as code of models knows it."""
        return self._infos[self._method]

    def _make_info(self, body: tuple[Assign, ...], expansion: Expr) -> FunctionInfo:
        slots = {**self._integers, **self._floats}
        return FunctionInfo(
            self.name,
            (),
            (),
            DIMENSIONLESS,
            Type.INTEGER,
            stateless=False,
            body=body,
            expansion=expansion,
            data={k: Element(slot, Index.SHARED) for k, slot in slots.items()},
            functions={
                **FUNCTIONS,
                "_chance": _table("_chance", Type.FLOAT, self._chance),
                "_alias": _table("_alias", Type.INTEGER, self._alias),
                "_reached": _discrete("_reached", self._thresholds),
            },
        )


def _table(name: str, kind: Type, slot: Slot) -> FunctionInfo:
    return FunctionInfo(
        name, ("k",), (DIMENSIONLESS,), DIMENSIONLESS, kind, op="load_at", data={"table": slot}
    )


def _discrete(name: str, slot: Slot) -> FunctionInfo:
    return FunctionInfo(
        name,
        (),
        (),
        DIMENSIONLESS,
        Type.INTEGER,
        stateless=False,
        op="discrete",
        data={"table": slot},
    )


def _whole(n: Any) -> int:
    try:
        whole = int(n)
    except (TypeError, ValueError):
        raise ModelTypeError(f"BinomialFunction: n is a number of trials, not {n!r}") from None
    if whole != n or whole < 0:
        raise ModelValueError(f"BinomialFunction: n must be a whole number >= 0, not {n}")
    return whole


def _probabilities(n: int, p: float, first: int, last: int) -> NDArray[np.float64]:
    """(last - first + 1,) of first, ..., last, from the ratios of neighbours."""
    if p in (0.0, 1.0):
        return np.ones(1) if first == last else np.eye(1, last - first + 1, int(n * p) - first)[0]
    k = np.arange(first, last, dtype=np.float64)
    steps = np.log((n - k) / (k + 1)) + math.log(p / (1 - p))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def _thresholds(p: NDArray[np.float64]) -> tuple[int, NDArray[np.int64]] | None:
    """The least value k that is possible, and (n,) for k, k + 1, ...: a number below 2^63, each as
    probable, reaches the threshold of a value if what is drawn is greater. None for more than _FEW.

    p   the probabilities of 0, 1, ...: those below 2^-64 are lost
    """
    below, above = np.cumsum(p), np.cumsum(p[::-1])[::-1]  # P(X <= k), P(X >= k)
    reached = np.minimum(below[:-1], above[1:]) * _WHOLE > 0.5  # that is, 0 < threshold < _WHOLE
    if np.count_nonzero(reached) > _FEW:
        return None
    exact = [
        round(low * _WHOLE) if low < 0.5 else _WHOLE - round(high * _WHOLE)
        for low, high in zip(below[:-1].tolist(), above[1:].tolist())
    ]
    least = sum(x <= 0 for x in exact)
    return least, np.array([x for x in exact if 0 < x < _WHOLE], np.int64)


def _alias_table(p: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """chance (n,), alias (n,): entry k stands for k with this chance, else for its alias."""
    n = len(p)
    chance, alias = (p * n).tolist(), list(range(n))  # lists: one by one, arrays are slow
    small = [k for k in range(n) if chance[k] < 1]
    large = [k for k in range(n) if chance[k] >= 1]
    while small and large:
        k = small.pop()
        alias[k] = large[-1]
        chance[large[-1]] -= 1 - chance[k]
        if chance[large[-1]] < 1:
            small.append(large.pop())
    for k in small + large:
        chance[k] = 1.0  # what rounding has left over
    return np.array(chance), np.array(alias)
