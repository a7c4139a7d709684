"""Numbers of scripts, as models see them."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from rheobase.errors import Fault, UnknownNameError
from rheobase.ir.dtypes import BOOL, F64, I64, DType
from rheobase.lang.symbols import Symbol, Type
from rheobase.units import Quantity, to_si

__all__ = ["STORED", "external_symbol"]

STORED: Final[Mapping[Type, DType]] = {Type.FLOAT: F64, Type.INTEGER: I64, Type.BOOLEAN: BOOL}


def external_symbol(name: str, value: Any) -> Symbol | Fault | None:
    """The constant that an object of a namespace is; None if it is no number."""
    if isinstance(value, (bool, np.bool_)):
        return Symbol(name, Type.BOOLEAN, shared=True, constant=True, value=bool(value))  # pyright: ignore
    if isinstance(value, numbers.Integral):
        return Symbol(name, Type.INTEGER, shared=True, constant=True, value=int(value))
    if not isinstance(value, (numbers.Real, np.ndarray, Quantity)):
        return None  # a function, a module, an object of the script: not meant by an equation
    number, dim = to_si(value)  # pyright: ignore[reportUnknownArgumentType]
    if np.ndim(number) != 0:
        shape = np.shape(number)
        return Fault(
            UnknownNameError,
            f"'{name}' is an array of shape {shape}; an external constant is one number.",
            hint=f"Make it a parameter of the model ('{name} : ...') and assign the array to it.",
        )
    if np.asarray(number).dtype.kind in "iu" and dim.is_dimensionless:
        return Symbol(name, Type.INTEGER, shared=True, constant=True, value=int(number))
    return Symbol(name, Type.FLOAT, dim, shared=True, constant=True, value=float(number))
