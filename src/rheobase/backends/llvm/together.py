"""Calls of mathematical functions that are made together.

A function is one long chain: a processor that waits for its results looks some hundred operations
ahead, which is two functions further. So two calls of one function that do not need each other
become one call, with twice as many lanes: its operations alternate between the two; or four.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rheobase.backends.llvm.library import FUNCTIONS
from rheobase.ir.kernels import Kernel, Linked
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.passes.rewrite import ARRAY_OPS, array_of, rebuild, roots

__all__ = ["MOST", "calls", "only_dividing", "together"]

MOST = 4  # calls, a power of two; the registers of more would go to memory and back


def only_dividing(kernel: Kernel) -> frozenset[int]:
    """The values of exprel that are divisors once, and nothing else: y / exprel(x) is written as
    y * (x / (e^x - 1)), with one division."""
    ops = kernel.ops
    taken = [a for op in ops for a in op.args] + list(roots(kernel))
    divisors = [op.args[1] for op in ops if op.name == "div"]
    return frozenset(n for n in divisors if ops[n].name == "exprel" and taken.count(n) == 1)


def calls(kernel: Kernel) -> dict[int, tuple[str, object]]:
    """The function that an operation calls, and its format."""
    divisors = only_dividing(kernel)
    found: dict[int, tuple[str, object]] = {}
    for n, op in enumerate(kernel.ops):
        if op.name == "div" and op.args[1] in divisors:
            found[n] = "inverse_exprel", op.dtype
        elif op.name in FUNCTIONS and n not in divisors and not is_random(op):
            found[n] = op.name, op.dtype
    return found


def together(kernel: Kernel) -> Kernel:
    """The kernel with calls of one function in its body side by side, where they can be."""
    begin = len(kernel.once) + len(kernel.outer)
    parts, n = [list[int]() for _ in kernel.parts], 0
    for numbers, part in zip(parts, kernel.parts):
        numbers.extend(range(n, n + len(part)))
        n += len(part)
    ops = dict(enumerate(kernel.ops))
    parts[2] = _Order(kernel, ops, begin, calls(kernel)).order
    made = rebuild(kernel, parts, ops, {k: k for k in ops})
    return made if made.slots() == kernel.slots() else kernel  # nothing may be dropped


class _Order:
    """The numbers of the body's operations in a new order.

    above   for each, those that it needs: bits
    """

    def __init__(
        self,
        kernel: Kernel,
        ops: Mapping[int, Op],
        begin: int,
        found: Mapping[int, tuple[str, object]],
    ) -> None:
        self.ops = ops
        self.found = found
        self.body = range(begin, begin + len(kernel.body))
        self.order: list[int] = []
        self.above: dict[int, int] = {}
        self._done = self._busy = self._fixed = 0
        self._look(kernel)
        for n in self.body:
            self._place(n)

    def _look(self, kernel: Kernel) -> None:
        """Find what each needs, and which loads come after a store to the same memory."""
        stored: set[object] = set()
        for n in self.body:
            op, above = self.ops[n], 0
            for a in op.args:
                above |= self.above.get(a, 0) | (1 << a if a in self.body else 0)
            self.above[n] = above
            if has_effect(op):
                stored.add(kernel.arrays[array_of(op)].slot)
            elif op.name in ARRAY_OPS and not stored.isdisjoint(_read(kernel, op)):
                self._fixed |= 1 << n

    def _place(self, n: int) -> None:
        if n not in self.body or self._done >> n & 1:
            return
        self._place_all(self.ops[n].args)
        if self._done >> n & 1:
            return
        self._busy |= 1 << n
        group = [n, *self._partners(n)] if n in self.found else [n]
        self.order.extend(group)
        for k in group:
            self._done |= 1 << k
            self._busy &= ~(1 << k)

    def _place_all(self, numbers: Sequence[int]) -> None:
        for n in numbers:
            self._place(n)

    def _partners(self, n: int) -> list[int]:
        """Calls of the same function that can be made with n: what they need is placed now."""
        partners: list[int] = []
        for m in self.body:
            if len(partners) + 1 == MOST:
                break
            needed = self.above[m] & ~self._done
            stuck = (needed | 1 << m) & (self._busy | self._fixed) or self._done >> m & 1
            if self.found.get(m) != self.found[n] or stuck:
                continue
            self._busy |= 1 << m
            self._place_all(self.ops[m].args)
            partners.append(m)
        return partners


def _read(kernel: Kernel, op: Op) -> set[object]:
    """The memory that an operation looks at, links included."""
    array = kernel.arrays[array_of(op)]
    slots: set[object] = {array.slot}
    while isinstance(array.index, Linked):
        array = kernel.arrays[array.index.array]
        slots.add(array.slot)
    return slots
