"""Products that are added to something: a * b + c, rounded once.

A processor does that in one instruction, which is faster and more accurate. LLVM would do it where
both operations happen to stand in one basic block when it comes to choose instructions; here it is
decided from the kernel alone, so that a result is the same wherever LLVM puts the code: in a loop
over scalars or vectors, or within a function of the whole step.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain

from rheobase.ir.dtypes import F32, F64
from rheobase.ir.kernels import Kernel
from rheobase.ir.passes.rewrite import roots

__all__ = ["contracted"]

_SUMS = frozenset(("add", "sub", "accumulate"))


def contracted(kernel: Kernel) -> dict[int, int]:
    """Which product each sum takes in: the number of the first of its operands that is a product,
    used nowhere else, and of the same part of the code."""
    ops = kernel.ops
    taken = Counter(chain(*(op.args for op in ops), roots(kernel)))
    part_of = list(chain.from_iterable([k] * len(part) for k, part in enumerate(kernel.parts)))
    found: dict[int, int] = {}
    for n, op in enumerate(ops):
        if op.name not in _SUMS:
            continue
        for a in op.args:
            is_product = ops[a].name == "mul" and ops[a].dtype in (F64, F32)
            if is_product and taken[a] == 1 and part_of[a] == part_of[n]:
                found[n] = a
                break
    return found
