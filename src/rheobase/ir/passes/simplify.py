"""Does the same with fewer operations.

Goals: equal operations once; constants folded; x*1, x-0, select with a known condition, chains of
casts and the like gone; a value just stored is not loaded again; a store that the next one
overwrites, and values that nobody takes, dropped; equal arrays merged. All of it exact: results
are equal bit for bit (the sign of a nan aside).

Non-goals: x+0.0 stays (it turns -0.0 into 0.0), x*0 stays (nan), sums are not reordered;
functions that backends round differently (exp, pow, ...) are not folded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from rheobase.ir.evaluate import Value, constant, evaluate
from rheobase.ir.kernels import Array, Kernel, Linked
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.passes.identities import simpler
from rheobase.ir.passes.rewrite import ARRAY_OPS, array_of, rebuild, roots, slots_written
from rheobase.ir.slots import Slot

__all__ = ["simplify"]

# correctly rounded in every backend
_FOLDED = (
    frozenset(("add", "sub", "mul", "div", "floordiv", "mod", "neg", "min", "max", "abs", "sign"))
    | frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "select", "cast"))
    | frozenset(("sqrt", "floor", "ceil"))
)
_BODY, _REPEATED = 2, 3  # of Kernel.parts
_COMMUTATIVE = frozenset(("add", "mul", "and", "or", "eq", "ne"))


def simplify(kernel: Kernel) -> Kernel:
    """The kernel with equal meaning and no more ops than before."""
    kernel = _merge_arrays(kernel)
    work = _Simplifier(kernel)
    parts = work.parts()
    live = work.live(roots(kernel))
    kept = [[k for k in part if k in live] for part in parts]
    return rebuild(kernel, kept, dict(enumerate(work.ops)), work.same)


def _merge_arrays(kernel: Kernel) -> Kernel:
    """Let all ops name the first of equal arrays; the others are left without use."""
    first: dict[Array, int] = {}
    numbers: list[int] = []
    arrays: list[Array] = []
    for n, array in enumerate(kernel.arrays):
        if isinstance(array.index, Linked):
            array = Array(array.slot, Linked(numbers[array.index.array]))
        arrays.append(array)
        numbers.append(first.setdefault(array, n))

    def merged(code: tuple[Op, ...]) -> tuple[Op, ...]:
        return tuple(
            replace(op, attr=numbers[array_of(op)]) if op.name in ARRAY_OPS else op for op in code
        )

    return replace(kernel, arrays=tuple(arrays)).with_parts(map(merged, kernel.parts))


@dataclass
class _Simplifier:
    """Walks the code forwards and writes it anew; ids are positions in `ops`.

    same      the new id of each old value
    known     pure ops by what they compute
    memory    what loads would give: id by array, and position for load_at
    pending   stores that nothing has looked at yet, by array
    """

    kernel: Kernel
    ops: list[Op] = field(default_factory=list[Op])
    same: dict[int, int] = field(default_factory=dict[int, int])
    known: dict[object, int] = field(default_factory=dict[object, int])
    memory: dict[tuple[int, tuple[int, ...]], int] = field(
        default_factory=dict[tuple[int, tuple[int, ...]], int]
    )
    pending: dict[int, int] = field(default_factory=dict[int, int])
    dropped: set[int] = field(default_factory=set[int])

    def parts(self) -> list[range]:
        """Rewrite everything; the ids of each part."""
        parts: list[range] = []
        codes = self.kernel.parts
        number = 0
        for k, code in enumerate(codes):
            begin = len(self.ops)
            if k <= _BODY:
                self._forget_written(sum(codes[k:], ()))
            for op in code:
                args = tuple(self.same[a] for a in op.args)
                self.same[number] = self.emit(replace(op, args=args))
                number += 1
            if k == _REPEATED:
                self._leave(begin)
            parts.append(range(begin, len(self.ops)))
        return parts

    def _forget_written(self, code: tuple[Op, ...]) -> None:
        """What a loop writes is not known at its beginning, whatever was loaded before it."""
        for slot in slots_written(self.kernel, code):
            self._forget(slot)
        self.pending.clear()

    def _leave(self, begin: int) -> None:
        """Values from `begin` on, which a Repeat has made, mean nothing after it."""
        self.known = {key: n for key, n in self.known.items() if n < begin}
        self.memory = {key: n for key, n in self.memory.items() if n < begin}

    def live(self, results: tuple[int, ...]) -> set[int]:
        """The ids of ops that have an effect or contribute to one or to a result."""
        live = {self.same[r] for r in results}
        live |= {k for k, op in enumerate(self.ops) if op.name == "carry"}
        for k in range(len(self.ops) - 1, -1, -1):
            if has_effect(self.ops[k]) and k not in self.dropped:
                live.add(k)
            if k in live:
                live.update(self.ops[k].args)
        return live

    # ------------------------------------------------------------ one op
    def emit(self, op: Op) -> int:
        """The id of the value of an op (whose operands are ids), written if it is new."""
        if op.name in ARRAY_OPS and op.name != "length":
            return self._memory(op)
        if is_random(op) or op.name == "carry":
            return self._append(op)
        folded = self._folded(op)
        if folded is not None:
            return self.emit(folded)
        other = simpler(op, self.ops)
        if other is not None:
            return other if isinstance(other, int) else self.emit(other)
        args = tuple(sorted(op.args)) if op.name in _COMMUTATIVE else op.args
        key = (op.name, args, op.dtype, repr(op.attr))
        if key not in self.known:
            self.known[key] = self._append(op)
        return self.known[key]

    def _append(self, op: Op) -> int:
        self.ops.append(op)
        return len(self.ops) - 1

    def _folded(self, op: Op) -> Op | None:
        operands = [self.ops[a] for a in op.args]
        if op.name not in _FOLDED or any(x.name != "const" for x in operands):
            return None
        assert op.dtype is not None
        with np.errstate(all="ignore"):
            value: Value = evaluate(op, *(constant(x) for x in operands))
        return Op("const", (), op.dtype, value.item())

    # ------------------------------------------------------------ memory
    def _memory(self, op: Op) -> int:
        array = array_of(op)
        slot = self.kernel.arrays[array].slot
        if not has_effect(op):
            key = (array, op.args)
            if key not in self.memory:
                self._look(slot)
                self.memory[key] = self._append(op)
            return self.memory[key]
        overwritten = self.pending.get(array) if op.name == "store" else None
        self._look(slot)
        self._forget(slot)
        number = self._append(op)
        if op.name == "store":
            if overwritten is not None:
                self.dropped.add(overwritten)
            self.memory[array, ()] = op.args[0]
            self.pending[array] = number
        return number

    def _look(self, slot: Slot) -> None:
        """Something depends on what the slot holds now."""
        for array in [a for a in self.pending if self.kernel.arrays[a].slot is slot]:
            del self.pending[array]

    def _forget(self, slot: Slot) -> None:
        """What was loaded from the slot may be out of date."""
        for key in [k for k in self.memory if self.kernel.arrays[k[0]].slot is slot]:
            del self.memory[key]
