"""Numbers that have run away: nan, or beyond 1e50, in a variable that is integrated.

A look is one pass of a sum of squares over each variable: neither nan nor anything large hides in
it. What is found is explained from the right-hand side: the smallest term that has no finite value
although all that goes into it is finite, for the state before the step where that was kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError, Span
from rheobase.lang.fold import evaluate
from rheobase.lang.functions import FunctionInfo
from rheobase.lang.nodes import Compare, Expr, Logic, Name, Not, Number, children
from rheobase.lang.scope import default_symbol
from rheobase.records import record

__all__ = ["RunAway", "Spacing", "explain", "first_bad", "n_bad"]

_LARGE: Final = 1e50
_FEW: Final = 1000  # elements


@record
class RunAway:
    """What was found.

    group, variable   who and which
    element           the first one; `count` of them have run away
    value             of that element, in SI
    t, step           when it was found, s: at the end of that many steps of the clock
    reason            which term it came from; "" if that is not known
    place             where that term stands
    """

    group: str
    variable: str
    element: int
    count: int
    value: float
    t: float
    step: int
    method: str
    reason: str
    place: Span | None

    def __str__(self) -> str:
        others = f" (one of {self.count})" if self.count > 1 else ""
        where = f"{self.place.show()}\n  " if self.place else "  "
        return (
            f"{self.group}: '{self.variable}' of element {self.element}{others} is "
            f"{self.value:.3g} at t = {self.t:.9g} s "
            f"(step {self.step}, integrated by '{self.method}').\n"
            f"{where}{self.reason}"
        ).rstrip()


def first_bad(data: NDArray[Any]) -> int | None:
    """The first element that is nan, or beyond 1e50; None if there is none."""
    with np.errstate(all="ignore"):
        if len(data) == 0 or float(_sum_of_squares(data)) <= _LARGE**2:
            return None
        bad = _is_bad(data)
    return int(np.argmax(bad)) if bad.any() else None


def _sum_of_squares(data: NDArray[Any]) -> Any:
    """Of many by einsum: a product of arrays starts threads, which cost more than the sum."""
    return data @ data if len(data) <= _FEW else np.einsum("i,i->", data, data)


def n_bad(data: NDArray[Any]) -> int:
    """How many elements are nan, or beyond 1e50."""
    return int(np.count_nonzero(_is_bad(data)))


def _is_bad(data: NDArray[Any]) -> NDArray[np.bool_]:
    return ~(np.abs(data.astype(np.float64)) <= _LARGE)  # 1e50 is inf as float32


class Spacing:
    """Says when to look again, so that looks cost at most a thousandth of the run.

    A run shorter than the first interval is looked at only when it is over.
    """

    def __init__(self) -> None:
        self._next = time.perf_counter() + 0.1

    def look(self, look: Callable[[], None]) -> None:
        begun = time.perf_counter()
        if begun < self._next:
            return
        look()
        ended = time.perf_counter()
        self._next = ended + 1000 * (ended - begun)


# -------------------------------------------------------------------- which term
def explain(
    variable: str,
    expr: Expr,
    values: Mapping[str, float],
    functions: Mapping[str, FunctionInfo],
    dt: float,
) -> tuple[str, Span | None]:
    """Why dx/dt = expr has taken x away, from the values of one element before the step.

    values   of the names in expr, SI; what is missing is unknown
    """
    culprit = _smallest_bad(expr, values, functions)
    if culprit is not None:
        text = culprit.span.text
        if isinstance(culprit, Name):
            if culprit.id == variable:
                return "", None  # the state of after the step: it says nothing
            return f"'{text}' has no finite value: {values[culprit.id]:.3g}.", culprit.span
        used = {n.id: values[n.id] for n in _names(culprit) if default_symbol(n.id) is None}
        given = ", ".join(f"{k} = {v:.6g}" for k, v in used.items())
        value = _value(culprit, values, functions)
        return f"'{text}' is {value:.3g} for {given} (SI).", culprit.span
    slope = _value(expr, values, functions)
    before = values.get(variable)
    if slope is None or before is None:
        return "", None
    grows = abs(slope * dt) > 1e-3 * max(abs(before), 1e-300)
    if not grows:
        message = (
            f"Its equation has not done it (before the step, '{variable}' was {before:.6g} and its "
            "slope finite): synapses, a reset or other code has."
        )
        return message, None
    largest = max(_terms(expr), key=lambda e: abs(_value(e, values, functions) or 0.0))
    value = _value(largest, values, functions)
    return (
        f"Before the step it was {before:.6g}; '{largest.span.text}' is the largest term of its "
        f"slope, {value:.3g} (SI). The step may be too long, or the solution has no bound.",
        largest.span,
    )


def _smallest_bad(
    node: Expr, values: Mapping[str, float], functions: Mapping[str, FunctionInfo]
) -> Expr | None:
    """The first node, leaves first, that is not finite though all below it is."""
    for child in children(node):
        if isinstance(child, (Compare, Logic, Not)):
            continue
        found = _smallest_bad(child, values, functions)
        if found is not None:
            return found
    if isinstance(node, Number):
        return None
    value = _value(node, values, functions)
    return node if value is not None and not math.isfinite(value) else None


def _value(
    node: Expr, values: Mapping[str, float], functions: Mapping[str, FunctionInfo]
) -> float | None:
    """The value of a node; None if something in it is unknown."""
    try:
        return float(evaluate(node, values, functions))
    except (ModelError, KeyError, TypeError):
        return None


def _terms(expr: Expr) -> list[Expr]:
    """The summands, also those of a numerator: (a + b)/tau -> a, b."""
    parts = children(expr)
    if getattr(expr, "op", "") in ("+", "-") and len(parts) == 2:
        return [t for p in parts for t in _terms(p)]
    if getattr(expr, "op", "") == "/":
        inner = _terms(parts[0])
        return inner if len(inner) > 1 else [expr]
    return [expr]


def _names(expr: Expr) -> list[Name]:
    return [expr] if isinstance(expr, Name) else [n for c in children(expr) for n in _names(c)]
