"""What monitors have recorded, one value for each entry: arrays that take conditions as text.

    spikes.t['i == 3']      the times at which neuron 3 spiked
    spikes.i['t > 5*ms']    who spiked after 5 ms

Everything else is NumPy's, and what is calculated from them are plain arrays and quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import FaultList, Source, raise_faults
from rheobase.ir.dtypes import BOOL
from rheobase.lang.evaluate import evaluate
from rheobase.lang.nodes import Expr
from rheobase.lang.parse import parse_expression
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol
from rheobase.model.callers import caller_namespace
from rheobase.model.code import Result, check_result, name_places, unknown_name
from rheobase.model.namespace import find_external
from rheobase.model.variables import Variable, symbol_of
from rheobase.units import Quantity
from rheobase.units.dimensions import Dimension

__all__ = ["Entries", "entries_where", "with_conditions"]

_Condition = Callable[[str], NDArray[np.bool_]]


def entries_where(
    condition: str,
    variables: Mapping[str, Variable],
    columns: Mapping[str, NDArray[Any]],
    label: str,
) -> NDArray[np.bool_]:
    """(n,) for which entries a condition on recorded variables and numbers of the script holds.

    columns   (n,) recorded values in SI, by name

    Raises ModelError: unknown names, wrong units, no condition.
    """
    what = f"{label}, index"
    expr = parse_expression(condition, Source(condition, what))
    scope = {n: symbol_of(v) for n, v in variables.items()}
    faults = FaultList()
    constants = _constants(expr, scope, label, faults)
    raise_faults(faults.faults, what)
    check_result(Result(expr, None, BOOL, "an index given as text"), scope | constants, faults)
    raise_faults(faults.faults, what)
    values = {n: s.value for n, s in constants.items() if s.value is not None}
    n_entries = len(next(iter(columns.values())))
    return np.broadcast_to(evaluate(expr, {**columns, **values}), n_entries)


def _constants(
    expr: Expr, scope: Mapping[str, Symbol], label: str, faults: FaultList
) -> dict[str, Symbol]:
    """The numbers of the script that an expression uses; a fault for each name without meaning."""
    names, found = caller_namespace(), dict[str, Symbol]()
    for name, place in name_places([expr]).items():
        if name in scope:
            continue
        symbol = default_symbol(name) or find_external(name, {}, names)
        if isinstance(symbol, Symbol):
            found[name] = symbol
        else:
            unknown = symbol or unknown_name(name, label, place.span, scope, names.get(name))
            faults.faults.append(unknown)
    return found


class Entries(np.ndarray[Any, np.dtype[Any]]):
    """Recorded values without a unit: an array that takes conditions, too."""

    condition: _Condition | None = None

    def __getitem__(self, item: Any) -> Any:
        return np.asarray(self)[self.condition(item) if _asks(self, item) else item]  # pyright: ignore

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return np.asarray(array)[()] if return_scalar else np.asarray(array)

    def __reduce__(self) -> Any:
        return np.asarray(self).copy().__reduce__()

    def __repr__(self) -> str:
        return repr(np.asarray(self))


class QuantityEntries(Quantity):
    """Recorded values with a unit: a quantity that takes conditions, too."""

    condition: _Condition | None = None

    def __getitem__(self, item: Any) -> Any:
        return super().__getitem__(self.condition(item) if _asks(self, item) else item)  # pyright: ignore


def _asks(entries: Entries | QuantityEntries, item: Any) -> bool:
    return isinstance(item, str) and entries.condition is not None


def with_conditions(values: NDArray[Any], dim: Dimension, condition: _Condition) -> Any:
    """Recorded values, with the unit of a dimension and conditions as index."""
    if dim.is_dimensionless:
        entries = values.view(Entries)
    else:
        entries = Quantity(values, dim=dim).view(QuantityEntries)
    entries.condition = condition
    return entries
