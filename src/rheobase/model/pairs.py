"""Synapses from lists of pairs: index arrays, sparse matrices, tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelTypeError, ModelValueError, Source
from rheobase.ir.builder import Element
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.dtypes import F64, I32, I64, DType
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FunctionInfo
from rheobase.lang.nodes import Assign, Binary, Call, Compare, Conditional, Expr, Number, names_in
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import Block, RunNow, run_block
from rheobase.model.group import new_part
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.variables import ArrayVariable, Meaning, Reach, symbol_of
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = [
    "PairValues",
    "Pairs",
    "chosen_copies",
    "index_arrays",
    "pair_numbers",
    "read_table",
]


@record
class Pairs:
    """sources, targets (n,) as users count them, of any whole type; values by name, in SI."""

    sources: NDArray[Any]
    targets: NDArray[Any]
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])


def index_arrays(label: str, i: Any, j: Any, n: Any) -> tuple[NDArray[Any], ...]:
    """i, j and n as arrays of one length, of the types that they have; not to be written to.

    Raises ModelTypeError for what is no whole number, ModelValueError for shapes that do not fit.
    """
    arrays = [np.asarray(x._indices() if hasattr(x, "_indices") else x) for x in (i, j, n)]
    for array, what in zip(arrays, "ijn"):
        if array.dtype.kind not in "iu" and array.size:
            raise ModelTypeError(
                f"{label}: connect() wants whole numbers for {what}, not {array.dtype}"
            )
    try:
        shaped = np.broadcast_arrays(*(np.atleast_1d(a) for a in arrays))
    except ValueError:
        raise ModelValueError(
            f"{label}: connect() got i, j and n of shapes "
            f"{', '.join(str(a.shape) for a in arrays)}, which do not fit together"
        ) from None
    return tuple((a if a.size else a.astype(np.int64)).reshape(-1) for a in shaped)


# ------------------------------------------------------------------ tables
def read_table(label: str, table: Any, values: str | None) -> Pairs:
    """Pairs from a scipy.sparse matrix, a pandas table or a structured array.

    A matrix of shape (N_pre, N_post) has one synapse for each stored entry; `values` names the
    variable that takes the entries. A table has columns i and j; each other column is the variable
    of its name.
    """
    if hasattr(table, "tocoo"):
        matrix = table.tocoo()
        found = {} if values is None else {values: np.asarray(matrix.data)}
        order = np.lexsort((matrix.col, matrix.row))
        return Pairs(
            matrix.row[order].astype(np.int64),
            matrix.col[order].astype(np.int64),
            {n: v[order] for n, v in found.items()},
        )
    names = _columns(table)
    if names is None or not {"i", "j"} <= set(names):
        raise ModelTypeError(
            f"{label}: connect(table=...) takes a scipy.sparse matrix, or a table with the columns "
            f"i and j (a pandas DataFrame, a structured array), not {type(table).__name__}"
            + (f" with the columns {list(names)}" if names else "")
        )
    columns = {n: np.asarray(table[n]) for n in names}
    i, j, _ = index_arrays(label, columns.pop("i"), columns.pop("j"), 1)
    return Pairs(i, j, columns)


def _columns(table: Any) -> Sequence[str] | None:
    dtype = getattr(table, "dtype", None)
    if getattr(dtype, "names", None):
        return list(dtype.names)  # pyright: ignore[reportOptionalMemberAccess]
    columns = getattr(table, "columns", None)
    if columns is not None:
        return [str(c) for c in columns]
    return (
        [str(k) for k in cast("Mapping[str, Any]", table)] if isinstance(table, Mapping) else None
    )


# ------------------------------------------------------------------ p and n as code
class _PairOwner:
    """The names that code about a list of pairs knows: i, j, and the neurons of the pair."""

    def __init__(self, synapses: SynapticGroup, sources: Slot, targets: Slot) -> None:
        self.synapses = synapses
        self.numbers = {Index.PRE: sources, Index.POST: targets}

    @property
    def _label(self) -> str:
        return self.synapses._label

    @property
    def _float_dtype(self) -> DType:
        return self.synapses._float_dtype

    def _known_names(self) -> Collection[str]:
        return self.synapses._known_names()

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        return self.synapses._function(name, namespace)

    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        found = self.synapses._meaning(name, namespace)
        if not isinstance(found, Meaning):
            return found
        binding = self.synapses._linked(found.binding, self._neuron)
        return Meaning(found.symbol, binding)

    def _neuron(self, side: Index) -> Element:
        return Element(self.numbers[side], Index.OWN)


def chosen_copies(
    synapses: SynapticGroup,
    sources: NDArray[Any],
    targets: NDArray[Any],
    p: Expr,
    n: Expr,
    local: Mapping[str, Meaning],
    namespace: Mapping[str, Any],
) -> NDArray[np.int64]:
    """(n,) how many synapses each pair gets: n with probability p, else none.

    sources, targets   valid numbers of elements, as users count them
    """
    copies = Slot("copies", I64, len(sources))
    symbol = Symbol("_copies", Type.INTEGER, DIMENSIONLESS)
    value: Expr = Binary("*", n, Number(1))
    if not (isinstance(p, Number) and p.value == 1):
        value = Conditional(Compare("<", Call("rand", ()), p), value, Number(0))
    meaning = Meaning(symbol, Element(copies, Index.OWN))
    _compute(synapses, sources, targets, value, meaning, local, namespace)
    return np.maximum(copies.data, 0)


def pair_numbers(
    synapses: SynapticGroup,
    sources: NDArray[Any],
    targets: NDArray[Any],
    expr: Expr,
    local: Mapping[str, Meaning],
    namespace: Mapping[str, Any],
) -> NDArray[np.float64]:
    """(n,) the value of an expression of i, j and the neurons' variables, for each pair."""
    out = Slot("value", F64, len(sources))
    symbol = Symbol("_value", Type.FLOAT, DIMENSIONLESS)
    meaning = Meaning(symbol, Element(out, Index.OWN))
    _compute(synapses, sources, targets, expr, meaning, local, namespace)
    return out.data


class PairValues:
    """The values of an expression of i, j and the neurons' variables, for pairs of neurons.

    variable   which is to take them: its type and its dimension
    """

    def __init__(
        self,
        synapses: SynapticGroup,
        variable: ArrayVariable,
        code: str,
        namespace: Mapping[str, Any],
    ) -> None:
        self._synapses = synapses
        self._pairs = Slot("pair", I32, 0), Slot("pair", I32, 0)
        self._out = Slot(variable.name, variable.slot.dtype, 0)
        self._part = new_part(0, 0)
        expr = parse_expression(
            code, Source(code, f"{synapses._label}, value of '{variable.name}'")
        )
        own = names_in(expr) & {v.name for v in synapses._synaptic_arrays()}
        if own:
            message = f"{synapses._label}: '{min(own)}' has no value yet for a synapse that is made"
            raise ModelValueError(message)
        meaning = Meaning(symbol_of(variable, "_value"), Element(self._out, Index.OWN))
        block = Block(
            f"new {variable.name}",
            Elementwise(self._part),
            (Assign("_value", None, expr),),
            local={"_value": meaning},
        )
        self._compute = RunNow(block, _PairOwner(synapses, *self._pairs), namespace)

    def __call__(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[Any]:
        """(n,) for pairs as users count neurons."""
        groups = self._synapses.source, self._synapses.target
        for slot, group, numbers in zip(self._pairs, groups, (sources, targets)):
            slot.assign(group._positions_of(numbers.astype(np.int64)))
        self._out.resize(len(sources))
        self._part.size.data[0] = len(sources)
        self._compute()
        return self._out.data.copy()


def _compute(
    synapses: SynapticGroup,
    sources: NDArray[Any],
    targets: NDArray[Any],
    value: Expr,
    result: Meaning,
    local: Mapping[str, Meaning],
    namespace: Mapping[str, Any],
) -> None:
    """Set the result of each pair."""
    slots: list[Slot] = []
    for group, numbers in ((synapses.source, sources), (synapses.target, targets)):
        slots.append(Slot("pair", I32, len(numbers)))
        slots[-1].data[:] = group._positions_of(numbers.astype(np.int64))
    name = result.symbol.name
    block = Block(
        "connect",
        Elementwise(new_part(0, len(sources))),
        (Assign(name, None, value),),
        local={**local, name: result},
    )
    run_block(block, _PairOwner(synapses, slots[0], slots[1]), namespace)
