"""Which compartments of a section are meant by an index: numbers, lengths, and slices of both."""

from __future__ import annotations

from operator import index
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelIndexError, ModelTypeError
from rheobase.morphology.arguments import refuse
from rheobase.units import metre
from rheobase.units.si import plain

__all__ = ["chosen"]

SLACK: Final = 1e-9  # of a section: a length within it of a border is on the border


def chosen(item: Any, lengths: NDArray[np.float64], label: str) -> slice:
    """The compartments lengths[slice], at least one.

    item     a number (-1 for the last), a length from the start of the section, or a slice
             of either. A slice of lengths takes each compartment that it touches. A length on the
             border of two compartments is in the second; the end of a section is in its last.
    lengths  (n,) m
    Raises ModelTypeError for other indices, a step, or a slice of a number and a length,
    ModelIndexError for what is outside the section.
    """
    if isinstance(item, slice):
        return _slice(cast("slice[Any, Any, Any]", item), lengths, label)
    if _is_length(item):
        first = _compartment(float(np.asarray(item)), lengths, label)
        return slice(first, first + 1)
    number, n = _number(item, label), len(lengths)
    if not -n <= number < n:
        refuse(ModelIndexError, f"There is no compartment {number} among {n}.", label=label)
    return slice(number % n, number % n + 1)


def _slice(item: slice[Any, Any, Any], lengths: NDArray[np.float64], label: str) -> slice:
    ends = [x for x in (item.start, item.stop) if x is not None]
    if item.step is not None:
        refuse(
            ModelTypeError,
            "Compartments are chosen without gaps: a slice has no step.",
            label=label,
        )
    if not ends:
        return slice(0, len(lengths))
    if all(_is_length(x) for x in ends):
        return _between(item, lengths, label)
    if any(_is_length(x) for x in ends):
        refuse(
            ModelTypeError, "A slice goes from length to length or from number to number.", label
        )
    first, last, _ = slice(
        *(x if x is None else _number(x, label) for x in (item.start, item.stop))
    ).indices(len(lengths))
    if last <= first:
        refuse(ModelIndexError, f"No compartment is in {first}:{last}.", label=label)
    return slice(first, last)


def _between(item: slice[Any, Any, Any], lengths: NDArray[np.float64], label: str) -> slice:
    ends = np.cumsum(lengths)
    start = 0.0 if item.start is None else float(np.asarray(item.start))
    stop = float(ends[-1]) if item.stop is None else float(np.asarray(item.stop))
    first = _compartment(start, lengths, label)
    if stop < start:
        refuse(
            ModelIndexError,
            f"A slice from {start * metre} to {stop * metre} is empty.",
            label=label,
        )
    last = int(np.count_nonzero(ends < stop - SLACK * ends[-1]))
    return slice(first, max(first, min(last, len(lengths) - 1)) + 1)


def _compartment(where: float, lengths: NDArray[np.float64], label: str) -> int:
    ends = np.cumsum(lengths)
    slack = SLACK * ends[-1]
    if not -slack <= where <= ends[-1] + slack:
        refuse(
            ModelIndexError,
            f"{where * metre} is outside: the section is {ends[-1] * metre} long.",
            label=label,
        )
    return min(int(np.count_nonzero(ends <= where + slack)), len(lengths) - 1)


def _is_length(x: Any) -> bool:
    dim = getattr(x, "dim", None)
    return dim is metre.dim and np.ndim(plain(x)[0]) == 0


def _number(x: Any, label: str) -> int:
    try:
        return index(x)
    except TypeError:
        hint = "Compartments have numbers (section[3]) and places (section[30*um])."
        refuse(ModelTypeError, f"{x!r} is neither a whole number nor a length.", hint, label)
