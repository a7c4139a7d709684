"""Which backend runs: LLVM, or the NumPy reference."""

from __future__ import annotations

import importlib
from typing import cast

from rheobase.errors import ModelValueError, did_you_mean
from rheobase.ir.program import Backend

__all__ = ["BACKENDS", "active_backend", "set_backend"]

BACKENDS = {
    "llvm": "rheobase.backends.llvm.LlvmBackend",
    "numpy": "rheobase.backends.reference.ReferenceBackend",
}
_instances: dict[str, Backend] = {}
_active = "llvm"


def set_backend(name: str) -> None:
    """Choose what runs models from now on: 'llvm' (native code), or 'numpy' (slow, for checking).

    Raises ModelValueError for another name.

    >>> import rheobase
    >>> rheobase.set_backend("llvm")
    """
    global _active
    if name not in BACKENDS:
        known = ", ".join(f"'{b}'" for b in BACKENDS)
        raise ModelValueError(
            f"there is no backend '{name}'; there are {known}. {did_you_mean(name, BACKENDS)}"
        )
    _active = name


def active_backend() -> Backend:
    """The chosen backend. It is imported when it is first needed: llvmlite takes 35 ms."""
    if _active not in _instances:
        module, _, cls = BACKENDS[_active].rpartition(".")
        _instances[_active] = cast(Backend, getattr(importlib.import_module(module), cls)())
    return _instances[_active]
