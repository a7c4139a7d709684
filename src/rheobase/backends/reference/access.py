"""How many elements of a kernel may run together without changing what it means.

The meaning is sequential: the whole body for one element, then for the next. Op by op for many
elements gives the same unless an element sees what another one wrote. That is excluded for a slot
that is written when
- every access is through the element's own index, and own indices are distinct (all domains but
  Deliver), or
- one op alone touches it (NumPy stores and `add.at` go in order).
Within one row of synapses, moreover, other neurons may be distinct, which is known at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from rheobase.ir.domains import Deliver, Index
from rheobase.ir.kernels import Kernel
from rheobase.ir.ops import Op, has_effect
from rheobase.ir.verify import side_of

__all__ = ["Together", "together"]


class Together(Enum):
    """What may run op by op."""

    ALL = "all elements"
    ROW = "the entries of one row"
    DISTINCT_ROW = "the entries of one row, if their other neurons are distinct"
    NOTHING = "nothing: one element after the other"


def together(kernel: Kernel) -> Together:
    """The most that may run together."""
    accesses = _accesses(kernel, kernel.outer + kernel.inner)
    distinct = not isinstance(kernel.domain, Deliver)
    if all(
        len(ops) == 1 or (distinct and _all_through(kernel, ops, Index.OWN)) for ops in accesses
    ):
        return Together.ALL
    side = side_of(kernel)
    if side is None:
        return Together.NOTHING
    other = Index.POST if side is Index.PRE else Index.PRE
    result = Together.ROW
    for ops in _accesses(kernel, kernel.inner):
        if len(ops) == 1 or _all_through(kernel, ops, Index.OWN):
            continue
        if not _all_through(kernel, ops, other):
            return Together.NOTHING
        result = Together.DISTINCT_ROW
    return result


def _accesses(kernel: Kernel, code: Sequence[Op]) -> list[list[Op]]:
    """For each slot that the code writes, the ops that touch it."""
    found: dict[int, list[Op]] = {}
    for op in code:
        if op.name in ("load", "load_at", "store", "accumulate"):
            assert isinstance(op.attr, int)
            found.setdefault(id(kernel.arrays[op.attr].slot), []).append(op)
    return [ops for ops in found.values() if any(has_effect(op) for op in ops)]


def _all_through(kernel: Kernel, ops: Sequence[Op], index: Index) -> bool:
    return all(
        op.name != "load_at" and isinstance(op.attr, int) and kernel.arrays[op.attr].index is index
        for op in ops
    )
