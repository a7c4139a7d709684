"""Transformations of kernels: each a function from a kernel to an equivalent one, one file each."""

from __future__ import annotations

from rheobase.ir.kernels import Kernel
from rheobase.ir.passes.hoist import hoist
from rheobase.ir.passes.once import write_shared_once
from rheobase.ir.passes.reciprocals import multiply_by_reciprocals
from rheobase.ir.passes.simplify import simplify

__all__ = ["hoist", "multiply_by_reciprocals", "optimize", "simplify", "write_shared_once"]


def optimize(kernel: Kernel) -> Kernel:
    """What every kernel goes through before it is compiled."""
    return hoist(simplify(kernel))
