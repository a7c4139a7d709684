"""Writes to shared variables happen once a call, not once an element.

Goals: in a kernel that goes over all elements, a store to a shared element whose value is shared
too moves to `once`, with everything that it needs: `counter += 1` counts calls, and a draw that it
uses is made once. Shared values that other code loads are loaded before the stores if they stood
before them, so `x = s; s = 0` keeps its meaning.

Non-goals: a kernel with a Repeat stays as it is; lists of events (a reset, a synapse) do something
for each event, shared or not.
"""

from __future__ import annotations

from rheobase.ir.domains import Elementwise, Index, Reduce
from rheobase.ir.kernels import At, Kernel
from rheobase.ir.ops import Op, has_effect
from rheobase.ir.passes.rewrite import array_of, rebuild
from rheobase.ir.verify import root_index

__all__ = ["write_shared_once"]


def write_shared_once(kernel: Kernel) -> Kernel:
    """The kernel with the writes to shared elements in `once`; as it is if there are none."""
    if not isinstance(kernel.domain, (Elementwise, Reduce)):
        return kernel
    if kernel.once or kernel.outer or kernel.repeat:
        return kernel
    ops = kernel.body
    moved = _shared_writes(kernel)
    if not moved:
        return kernel
    written = {id(kernel.arrays[array_of(ops[n])].slot) for n in moved}
    moved |= {n for n, op in enumerate(ops) if _loads_shared(kernel, op, written)}
    for n in range(len(ops) - 1, -1, -1):
        if n in moved:
            moved.update(ops[n].args)
    once = [n for n in range(len(ops)) if n in moved]
    body = [n for n in range(len(ops)) if n not in moved]
    return rebuild(
        kernel, (once, (), body, (), ()), dict(enumerate(ops)), {n: n for n in range(len(ops))}
    )


def _shared_writes(kernel: Kernel) -> set[int]:
    """The effects on shared elements whose values no element's own number is needed for."""
    own: set[int] = set()  # values that differ between elements
    found: set[int] = set()
    for n, op in enumerate(kernel.body):
        differs = op.name == "index" or any(a in own for a in op.args)
        if op.name in ("load", "store", "accumulate"):
            index = root_index(kernel, array_of(op))
            shared = index is Index.SHARED or isinstance(index, At)
            if has_effect(op) and shared and not differs:
                found.add(n)
            differs = differs or not shared
        if differs:
            own.add(n)
    return found


def _loads_shared(kernel: Kernel, op: Op, written: set[int]) -> bool:
    if op.name != "load" or id(kernel.arrays[array_of(op)].slot) not in written:
        return False
    index = root_index(kernel, array_of(op))
    return index is Index.SHARED or isinstance(index, At)
