"""External names: constants that a model takes from its namespace or from the calling script.

A constant's type and dimension are structure, its value is data: each owner keeps one slot for
each external name, and a run only writes the values that it finds.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from rheobase.errors import Fault, UnknownNameError
from rheobase.ir.dtypes import BOOL, F64, I64, DType
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.functions import function_of
from rheobase.model.variables import Meaning, constant_meaning
from rheobase.units import Quantity, to_si

__all__ = ["Constants", "find_external", "find_function"]

_MISSING = object()
_STORED: Mapping[Type, DType] = {Type.FLOAT: F64, Type.INTEGER: I64, Type.BOOLEAN: BOOL}


def find_external(
    name: str, group: Mapping[str, Any], run: Mapping[str, Any]
) -> Symbol | Fault | None:
    """What an external name stands for: a constant, a fault, or None if nothing has the name.

    The group's own namespace comes before the run's.
    """
    value: Any = group.get(name, _MISSING)
    if value is _MISSING:
        value = run.get(name, _MISSING)
    return None if value is _MISSING else external_symbol(name, value)


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


def find_function(
    name: str, group: Mapping[str, Any], run: Mapping[str, Any]
) -> FunctionInfo | Fault | None:
    """What a called name stands for: a default function, or a function of the namespaces.

    The group's own namespace comes before the run's.
    """
    if name in FUNCTIONS and not name.startswith("_"):
        return FUNCTIONS[name]
    for namespace in (group, run):
        value: Any = namespace.get(name, _MISSING)
        if value is not _MISSING:
            return function_of(name, value)
    return None


class Constants:
    """The external constants of one owner, and the slots that hold their values."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, Type], Slot] = {}

    def meaning(
        self, name: str, group: Mapping[str, Any], run: Mapping[str, Any]
    ) -> Meaning | Fault | None:
        """The meaning of a name that is no variable: a default (unit, pi) or an external constant,
        whose value is written to its slot."""
        default = default_symbol(name)
        if default is not None:
            return constant_meaning(name, default, None)
        symbol = find_external(name, group, run)
        if symbol is None or isinstance(symbol, Fault):
            return symbol
        key = (name, symbol.type)
        if key not in self._slots:
            self._slots[key] = Slot(name, _STORED[symbol.type])
        slot = self._slots[key]
        slot.data[0] = symbol.value
        return constant_meaning(name, symbol, slot)
