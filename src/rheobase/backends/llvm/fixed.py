"""What a kernel computes once a call although it is the same in every call of a run.

A factor exp(-dt/tau) depends on numbers that no kernel of the program writes. Where all calls of a
step stand in one function (backends/llvm/wholestep), such values are computed on the way in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from rheobase.backends.llvm.expressions import Emitter
from rheobase.backends.llvm.text import F64, PTR, Host, Value
from rheobase.ir.domains import Index
from rheobase.ir.kernels import At, Kernel
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.passes.rewrite import array_of
from rheobase.ir.slots import Slot

__all__ = ["compute_fixed", "fixed_values"]


def fixed_values(kernel: Kernel, is_fixed: Callable[[Slot], bool]) -> list[int]:
    """The values of `once`, constants aside, that depend on memory that is_fixed alone."""
    found: dict[int, None] = {}
    constants: set[int] = set()

    def may_be_fixed(op: Op) -> bool:
        if op.name in ("load", "load_at"):
            array = kernel.arrays[array_of(op)]
            is_one = isinstance(array.index, At) or array.index is Index.SHARED
            return is_one and is_fixed(array.slot)
        return not (has_effect(op) or is_random(op) or op.name in ("index", "length", "carry"))

    for n, op in enumerate(kernel.once):
        if op.name == "const":
            constants.add(n)
        elif may_be_fixed(op) and all(a in found or a in constants for a in op.args):
            found[n] = None
    return list(found)


def compute_fixed(
    kernel: Kernel, fixed: Collection[int], name: str, host: Host, contract: bool
) -> tuple[str, Emitter]:
    """A function that writes these values to where its last argument points, 8 bytes each; its
    text, and what has written it."""
    once = kernel.once
    skipped = {n: None for n, op in enumerate(once) if n not in fixed and op.name != "const"}
    e = Emitter(kernel, host, 1, contract, skipped)
    e.once()
    for k, n in enumerate(fixed):
        place = e.code.at("%fixed", F64, Value(e.code, "i64", 1, str(k)))
        e.code.line(f"store {e.value(n)}, {PTR} {place}")
    e.code.line("ret void")
    slots = "".join(f"ptr noalias %s{n}, " for n in range(len(e.slots)))
    title = f"define internal void @{name}({slots}ptr noalias %lengths, ptr noalias %fixed)"
    return f"{title} alwaysinline nounwind {{\n{e.code.text()}\n}}", e
