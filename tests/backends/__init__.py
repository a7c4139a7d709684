"""The backends that every test of meaning runs on."""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.program import Backend


def _one_by_one() -> Backend:
    return ReferenceBackend(one_by_one=True)


def _llvm() -> Backend:
    return LlvmBackend(contract=False)  # bit for bit what the reference computes


BACKENDS: dict[str, Callable[[], Backend]] = {
    "numpy": ReferenceBackend,
    "numpy one by one": _one_by_one,
    "llvm": _llvm,
}
