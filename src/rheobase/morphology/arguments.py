"""What the makers of sections are given, as numbers in SI units."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError, ModelValueError, raise_faults
from rheobase.morphology.measured import AXES, in_metres

__all__ = ["check_one", "coordinates", "refuse", "values"]


def values(value: Any, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """SI numbers of an argument, of a given shape. Raises ModelTypeError."""
    found = np.asarray(value, dtype=float)
    if found.shape != shape:
        wanted = "one value" if not shape else f"{shape[0]} values"
        refuse(ModelTypeError, f"'{name}' must be {wanted}, but has the shape {found.shape}.")
    if name in ("length", "diameter", "start_diameter") and not np.all(found >= 0):
        refuse(ModelValueError, f"'{name}' must not be negative, but is {in_metres(found)}.")
    return found


def coordinates(given: list[Any], shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """(*shape, 3) m, or None if no coordinate is given."""
    if all(c is None for c in given):
        return None
    columns = [
        np.zeros(shape) if c is None else values(c, name, shape)
        for c, name in zip(given, AXES, strict=True)
    ]
    return np.stack(columns, axis=-1)


def check_one(length: Any, points: NDArray[np.float64] | None) -> None:
    """A section has a length or points, not both. Raises ModelTypeError."""
    if (length is None) == (points is None):
        met = "neither is given" if length is None else "both are given"
        refuse(ModelTypeError, f"A section has a length or coordinates (x, y, z): {met}.")


def refuse(error: Any, message: str, hint: str = "", label: str = "morphology") -> NoReturn:
    """Raise an exception of one fault."""
    raise_faults([Fault(error, message, hint=hint)], label)
    raise AssertionError
