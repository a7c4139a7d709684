"""Computes what does not change in a loop before the loop.

Goals: an op moves from `body` to `outer` or `once`, and from `outer` to `once`, as far as its
operands allow, and from the code of a Repeat to `body`; loads from shared elements end in `once`,
those of a row's own side in `outer`.
Each op computes the same value as before, so results are equal bit for bit.

Non-goals: nothing is rewritten (x / shared stays a division, as a product with the reciprocal
would round otherwise). Effects, random numbers, and loads from slots that `outer` or `body` writes
stay where they are.
"""

from __future__ import annotations

from rheobase.ir.domains import Index
from rheobase.ir.kernels import At, Kernel
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.passes.rewrite import array_of, rebuild, slots_written
from rheobase.ir.verify import root_index, side_of

__all__ = ["hoist"]

_ONCE, _OUTER, _BODY, _AFTER = 0, 1, 2, 4  # of Kernel.parts


def hoist(kernel: Kernel) -> Kernel:
    """The kernel with each op in the outermost part where it can stand."""
    changing = slots_written(kernel, kernel.outer + kernel.inner)
    parts: tuple[list[int], ...] = ([], [], [], [], [])
    level: list[int] = []
    for here, code in enumerate(kernel.parts):
        for op in code:
            fixed = has_effect(op) or is_random(op) or op.name == "carry"
            if op.name in ("load", "load_at") and kernel.arrays[array_of(op)].slot in changing:
                fixed = True
            least = max([_least_level(kernel, op), *(level[a] for a in op.args)])
            if here == _AFTER and least >= _BODY:
                fixed = True  # it is run once for each element, here as there
            parts[here if fixed else min(here, least)].append(len(level))
            level.append(here if fixed else min(here, least))
    numbers = range(len(level))
    return rebuild(kernel, parts, dict(enumerate(kernel.ops)), dict(zip(numbers, numbers)))


def _least_level(kernel: Kernel, op: Op) -> int:
    """The outermost part that knows the element which the op means."""
    match op.name:
        case "load":
            index = root_index(kernel, array_of(op))
            if isinstance(index, At) or index is Index.SHARED:
                return _ONCE
            return _OUTER if index is side_of(kernel) else _BODY
        case "index":
            side = side_of(kernel)
            return _OUTER if side is not None and op.attr == side.value else _BODY
        case _:
            return _ONCE
